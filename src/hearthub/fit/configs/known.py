"""Which families are known here, and what is said of the others."""

from hearthub.fit.configs import encoders
from hearthub.fit.configs.fields import Fields, family_of

DECODERS = frozenset(
    """afmoe apertus arcee baichuan bamba bloom chatglm codegen cohere cohere2 cohere2_moe dbrx
    deepseek_ref deepseek_v2 deepseek_v3 deepseek_v32 deepseek_v4 dots1 ernie4_5 ernie4_5_moe
    exaone exaone4 exaone_moe falcon falcon_h1 falcon_mamba gemma gemma2 gemma3 gemma3n gemma4
    glm glm4 glm4_moe glm4_moe_lite glm_moe_dsa gpt2 gpt_bigcode gpt_neo gpt_neox gpt_oss gptj
    granite granitemoe granitemoehybrid granitemoeshared helium hunyuan_v1_dense hunyuan_v1_moe
    internlm2 internlm3 jamba kimi_k2 kimi_k25 kimi_k3 kimi_linear lfm2 lfm2_moe lfm2_vl llama
    llama4 longcat_flash mamba mamba2 mimo mimo_v2_flash minicpm minicpm3 minimax minimax_m2
    minimax_m3 minimax_m3_vl minimax_text_01 ministral ministral3 mistral mistral3 mixtral mpt
    nemotron nemotron-nas nemotron_h olmo olmo2 olmo3 olmoe opt persimmon phi phi3 phimoe qwen2
    qwen2_5_vl qwen2_5_vl_text qwen2_moe qwen2_vl qwen2_audio qwen2_5_omni_thinker qwen3 qwen3_5
    qwen3_5_moe qwen3_moe qwen3_next qwen3_omni_moe qwen3_omni_moe_thinker qwen3_vl qwen3_vl_moe
    seed_oss smollm3 solar_open stablelm starcoder2 step3p5 step3p7 vaultgemma voxtral xglm
    aya_vision gemma3n_text idefics3 internvl internvl_chat llava llava_next llava_onevision
    paligemma pixtral smolvlm vipllava""".split()
)
HYPHENS = {"minimax-text-01": "minimax_text_01"}


def warnings(top: Fields, text: Fields) -> tuple[str, ...]:
    """What makes the figures of this config less than certain."""
    said = []
    family = family_of(text) or family_of(top)
    family = HYPHENS.get(family.lower(), family)
    if family not in DECODERS | encoders.FAMILIES:
        name = family or "a model without model_type"
        said.append(f"{name} is not known here: read as a plain decoder, so this is an estimate")
    names = top.sequence("architectures") or ()
    sees = any(str(name).endswith("ForConditionalGeneration") for name in names)
    if sees and top.get("text_config") is not None and top.get("vision_config") is None:
        said.append("the config does not describe its vision tower, which is not counted")
    return tuple(said)
