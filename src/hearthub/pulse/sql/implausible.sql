select
    count(params_stated) as known, count(*) filter (params_stated > {bound}) as beyond,
    coalesce(sum(downloads) filter (params_stated is not null), 0) as downloads,
    coalesce(sum(downloads) filter (params_stated > {bound}), 0) as beyond_downloads,
    coalesce(sum(params_stated * downloads), 0) as mass,
    coalesce(sum(params_stated * downloads) filter (params_stated > {bound}), 0) as beyond_mass
from u
