"""130 MiB by LFS: from 128 MiB on the hub takes an object in parts."""

from pathlib import Path

from huggingface_hub import HfApi, hf_hub_download
from steps import new_name, noise, requests_of, same, step

api = HfApi()
repo = new_name()
api.create_repo(repo)
PIECE = noise(2**20, 1)
WEIGHTS = b"".join(number.to_bytes(4, "big") + PIECE for number in range(130))
Path("weights.bin").write_bytes(WEIGHTS)

with step("upload 130 MiB in parts"):
    before = requests_of("put_part")
    api.upload_file(path_or_fileobj="weights.bin", path_in_repo="weights.bin", repo_id=repo)
    assert requests_of("put_part") > before + 1

with step("download it"):
    same(Path(hf_hub_download(repo, "weights.bin")).read_bytes() == WEIGHTS, True)

with step("upload it again: no part is sent"):
    before = requests_of("put_part")
    api.upload_file(path_or_fileobj="weights.bin", path_in_repo="again.bin", repo_id=repo)
    same(requests_of("put_part"), before)
