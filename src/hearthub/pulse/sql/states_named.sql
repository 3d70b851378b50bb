-- What is classified: rows of `state` with the names of their repos.
select s.repo_id, s."at", r.type, r.id, s.tags, s.pipeline_tag, s.library, s.license, s.formats,
  s.base_models, s.relation, s.parameters, s.is_packed, s.gguf_parameters
from ({states}) s join {repos} r using (repo_id)
