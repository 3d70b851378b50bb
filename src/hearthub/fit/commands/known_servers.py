"""The architectures that each server has code for, by the names that checkpoints use.

Read from the packages themselves, drafts for speculative decoding left out; a newer version of a
server may know more, and what it dropped is not here.
"""

# vllm 0.32.0, model_executor/models/registry.py; `architectures` of config.json.
VLLM = frozenset(
    """
    AfmoeForCausalLM ApertusForCausalLM ArceeForCausalLM AriaForConditionalGeneration
    AudioFlamingo3ForConditionalGeneration AXK1ForCausalLM BagelForConditionalGeneration
    BailingMoeForCausalLM BailingMoeV2_5ForCausalLM BailingMoeV2ForCausalLM
    BailingMoeV3ForCausalLM BailingMoeV3VLForConditionalGeneration BeeForConditionalGeneration
    BertForMaskedLM BertForSequenceClassification BertForTokenClassification BertModel
    BertSpladeSparseEmbeddingModel BgeM3EmbeddingModel Blip2ForConditionalGeneration
    BloomForCausalLM ChatGLMForConditionalGeneration ChatGLMModel ClefOmniForJointSchema
    CLIPModel Cohere2ForCausalLM Cohere2MoeForCausalLM Cohere2VisionForConditionalGeneration
    CohereAsrForConditionalGeneration CohereCompassForConditionalGeneration CohereForCausalLM
    ColBERTJinaRobertaModel ColBERTLfm2Model ColBERTModernBertModel ColModernVBertForRetrieval
    ColPaliForRetrieval ColQwen3 ColQwen3_5 Cosmos3EdgeForConditionalGeneration
    Cosmos3ForConditionalGeneration CwmForCausalLM DbrxForCausalLM DeciLMForCausalLM
    DeepseekForCausalLM DeepseekOCR2ForCausalLM DeepseekOCRForCausalLM DeepseekV2ForCausalLM
    DeepseekV32ForCausalLM DeepseekV3BidirectionalModel DeepseekV3ForCausalLM
    DeepseekV41ForCausalLM DeepseekV4ForCausalLM DeepseekV4ForConditionalGeneration
    DeepseekVLV2ForCausalLM DiffusionGemmaForBlockDiffusion Dots3NoteForCausalLM
    DotsOCRForCausalLM Eagle2_5_VLForConditionalGeneration EmbeddingGemma2Model
    Emu3ForConditionalGeneration Ernie4_5_MoeForCausalLM Ernie4_5_VLMoeForConditionalGeneration
    Ernie4_5ForCausalLM Exaone4_5_ForConditionalGeneration Exaone4ForCausalLM ExaoneForCausalLM
    ExaoneMoeForCausalLM ExaoneMoEForCausalLM FalconForCausalLM FalconH1ForCausalLM
    FalconMambaForCausalLM FireRedASR2ForConditionalGeneration FlexOlmoForCausalLM
    FunASRForConditionalGeneration FunAudioChatForConditionalGeneration Gemma2ForCausalLM
    Gemma2Model Gemma3ForCausalLM Gemma3ForConditionalGeneration Gemma3nForCausalLM
    Gemma3nForConditionalGeneration Gemma3TextModel Gemma4ForCausalLM
    Gemma4ForConditionalGeneration Gemma4UnifiedForConditionalGeneration GemmaForCausalLM
    Glm4ForCausalLM Glm4MoeForCausalLM Glm4MoeLiteForCausalLM GLM4VForCausalLM
    Glm4vForConditionalGeneration Glm4vMoeForConditionalGeneration Glm5NextForCausalLM
    Glm5NextForConditionalGeneration GlmAsrForConditionalGeneration GlmForCausalLM
    GlmMoeDsaForCausalLM GlmOcrForConditionalGeneration GPT2ForSequenceClassification
    GPT2LMHeadModel GPTBigCodeForCausalLM GPTJForCausalLM GPTNeoXForCausalLM GptOssForCausalLM
    Granite4VisionForConditionalGeneration GraniteForCausalLM GraniteMoeForCausalLM
    GraniteMoeHybridForCausalLM GraniteMoeSharedForCausalLM GraniteMoeSWAForCausalLM
    GraniteSpeechForConditionalGeneration GraniteSpeechPlusForConditionalGeneration
    GraniteSWAForCausalLM GteModel GteNewForSequenceClassification GteNewModel H2OVLChatModel
    HCXVisionV2ForCausalLM HF_ColBERT HfMoondream HrmTextForCausalLM HunYuanDenseV1ForCausalLM
    HunYuanMoEV1ForCausalLM HunYuanVLForConditionalGeneration HyperCLOVAXForCausalLM
    HYV3ForCausalLM HYV4ForCausalLM Idefics3ForConditionalGeneration InklingForCausalLM
    InklingForConditionalGeneration InternLM2ForCausalLM InternLM2ForRewardModel
    InternLM3ForCausalLM InternS1ForConditionalGeneration InternS1ProForConditionalGeneration
    InternS2MobiusForConditionalGeneration InternS2PreviewForConditionalGeneration
    InternVLChatModel InternVLForConditionalGeneration IQuestCoderForCausalLM
    IQuestLoopCoderForCausalLM IsaacForConditionalGeneration Jais2ForCausalLM JambaForCausalLM
    JambaForSequenceClassification JinaEmbeddingsV5Model JinaForRanking JinaVLForRanking
    K2HorizonForCausalLM KananaVForConditionalGeneration KeyeForConditionalGeneration
    KeyeVL1_5ForConditionalGeneration KimiK25ForConditionalGeneration
    KimiK3ForConditionalGeneration KimiLinearForCausalLM KimiVLForConditionalGeneration
    LagunaForCausalLM Lfm2ForCausalLM Lfm2MoeForCausalLM Lfm2VlForConditionalGeneration
    LightOnOCRForConditionalGeneration Llama4ForCausalLM Llama4ForConditionalGeneration
    Llama_Nemotron_Nano_VL LlamaBidirectionalForSequenceClassification LlamaBidirectionalModel
    LlamaForCausalLM LLaMAForCausalLM LlamaModel LlamaNemotronVLForSequenceClassification
    LlamaNemotronVLModel LlavaForConditionalGeneration LlavaNextForConditionalGeneration
    LlavaNextVideoForConditionalGeneration LlavaOnevision2ForConditionalGeneration
    LlavaOnevisionForConditionalGeneration LongcatFlashForCausalLM LongcatFlashNgramForCausalLM
    Mamba2ForCausalLM MambaForCausalLM MellumForCausalLM MiDashengLMModel MiMoForCausalLM
    MiMoV2FlashForCausalLM MiMoV2ForCausalLM MiMoV2OmniForCausalLM MiniCPM3ForCausalLM
    MiniCPMForCausalLM MiniCPMO MiniCPMV MiniCPMV4_6ForConditionalGeneration
    MiniCPMV4_7ForConditionalGeneration MiniMaxM2ForCausalLM MiniMaxM3SparseForCausalLM
    MiniMaxM3SparseForConditionalGeneration Ministral3ForCausalLM
    Mistral3ForConditionalGeneration MistralForCausalLM MistralLarge3ForCausalLM MistralModel
    MixtralForCausalLM ModernBertForSequenceClassification ModernBertForTokenClassification
    ModernBertModel Molmo2ForConditionalGeneration MolmoForCausalLM Moondream3ForCausalLM
    MoonshotKimiaForCausalLM MossAudioModel MossTranscribeDiarizeForConditionalGeneration
    MuseGlimmerForCausalLM MuseGlimmerForConditionalGeneration NanbeigeForCausalLM
    NemotronForCausalLM NemotronH_Nano_Omni_Reasoning_V3 NemotronH_Nano_VL_V2
    NemotronH_Omni_Reasoning_V3 NemotronH_Super_Omni_Reasoning_V3 NemotronHForCausalLM
    NemotronHPuzzleForCausalLM NemotronParseForConditionalGeneration NomicBertModel NVLM_D
    Olmo2ForCausalLM Olmo3ForCausalLM OlmoeForCausalLM OlmoForCausalLM OlmoHybridForCausalLM
    OpenAIPrivacyFilterForTokenClassification OpenCUAForConditionalGeneration
    OpenPanguVLForConditionalGeneration OpenVLAForActionPrediction OpsColQwen3Model
    OPTForCausalLM OrionForCausalLM Ovis Ovis2_5 Ovis2_6_MoeForCausalLM Ovis2_6ForCausalLM
    PaddleOCRVLForConditionalGeneration PaliGemmaForConditionalGeneration
    PanguEmbeddedForCausalLM PanguProMoEV2ForCausalLM PanguUltraMoEForCausalLM
    Param2MoEForCausalLM Phi3ForCausalLM Phi3VForCausalLM Phi4ForCausalLMV Phi4MMForCausalLM
    PhiForCausalLM PhiMoEForCausalLM PixtralForConditionalGeneration Plamo3ForCausalLM
    QianfanOCRForConditionalGeneration Qwen2_5_VLForConditionalGeneration
    Qwen2_5OmniForConditionalGeneration Qwen2_5OmniModel Qwen2AudioForConditionalGeneration
    Qwen2ForCausalLM Qwen2ForProcessRewardModel Qwen2ForRewardModel Qwen2Model
    Qwen2MoeForCausalLM Qwen2VLForConditionalGeneration Qwen3_5ForCausalLM
    Qwen3_5ForConditionalGeneration Qwen3_5MoeForCausalLM Qwen3_5MoeForConditionalGeneration
    Qwen3ASRForcedAlignerForTokenClassification Qwen3ASRForConditionalGeneration
    Qwen3ASRRealtimeGeneration Qwen3ForCausalLM Qwen3MoeForCausalLM Qwen3NextForCausalLM
    Qwen3OmniMoeForConditionalGeneration Qwen3VLForConditionalGeneration
    Qwen3VLMoeForConditionalGeneration Qwen3VLNemotronEmbedModel Qwen4ExpForCausalLM
    Qwen4ExpForConditionalGeneration RForConditionalGeneration Rnj1ForCausalLM
    RobertaForMaskedLM RobertaForSequenceClassification RobertaForTokenClassification
    RobertaModel SarvamMLAForCausalLM SarvamMoEForCausalLM SeedOssForCausalLM SiglipModel
    SkyworkR1VChatModel SmolLM3ForCausalLM SmolVLMForConditionalGeneration SolarForCausalLM
    StableLmForCausalLM Starcoder2ForCausalLM Step1ForCausalLM Step3p5ForCausalLM
    Step3p7ForConditionalGeneration Step3TextForCausalLM Step3VLForConditionalGeneration
    StepVLForConditionalGeneration TeleChat2ForCausalLM TeleChat3ForCausalLM TeleFLMForCausalLM
    Terratorch UltravoxModel UnlimitedOCRForCausalLM VaultGemmaForCausalLM
    VibeVoiceAsrForConditionalGeneration VoxtralForConditionalGeneration
    VoxtralRealtimeGeneration VoyageQwen3BidirectionalEmbedModel WhisperForConditionalGeneration
    XLMRobertaForSequenceClassification XLMRobertaForTokenClassification XLMRobertaModel
    Zamba2ForCausalLM
    """.split()
)

# sglang 0.5.23, `EntryClass` of srt/models/*.py; `architectures` of config.json.
SGLANG = frozenset(
    """
    AfmoeForCausalLM ApertusForCausalLM ArceeForCausalLM BaichuanForCausalLM
    BailingMM2NativeForConditionalGeneration BailingMMNativeForConditionalGeneration
    BailingMoeForCausalLM BailingMoEForCausalLM BailingMoeV2_5ForCausalLM
    BailingMoeV2ForCausalLM BailingMoeV3ForCausalLM BailingMoeV3VLForConditionalGeneration
    BeamForCausalLM BertForSequenceClassification BertModel ChatGLMModel CLIPModel
    Cohere2ForCausalLM Cohere2MoeForCausalLM Cohere2VisionForConditionalGeneration
    CohereForCausalLM Contriever Cosmos3EdgeForConditionalGeneration
    Cosmos3ForConditionalGeneration DbrxForCausalLM DeciLMForCausalLM DeepseekForCausalLM
    DeepseekOCRForCausalLM DeepseekV2ForCausalLM DeepseekV32ForCausalLM DeepseekV3ForCausalLM
    DeepseekV4ForCausalLM DeepseekV4ForCausalLMDSpark DeepseekVL2ForCausalLM
    DiffusionGemmaForBlockDiffusion Dots3NoteForCausalLM DotsOCRForCausalLM DotsVLMForCausalLM
    EmbeddingGemma2Model EmbeddingGemmaModel Ernie4_5_ForCausalLM Ernie4_5_MoeForCausalLM
    Ernie4_5_VLMoeForConditionalGeneration Exaone4ForCausalLM ExaoneForCausalLM
    ExaoneMoeForCausalLM ExaoneMoEForCausalLM FalconH1ForCausalLM FalconMambaForCausalLM
    Gemma2ForCausalLM Gemma2ForSequenceClassification Gemma3ForCausalLM
    Gemma3ForConditionalGeneration Gemma3nForCausalLM Gemma3nForConditionalGeneration
    Gemma4AssistantForCausalLM Gemma4ForCausalLM Gemma4ForConditionalGeneration
    Gemma4UnifiedAssistantForCausalLM Gemma4UnifiedForConditionalGeneration GemmaForCausalLM
    GigaChat35ForCausalLM Glm4ForCausalLM Glm4MoeForCausalLM Glm4MoeLiteForCausalLM
    Glm4vForConditionalGeneration Glm4vMoeForConditionalGeneration
    Glm5NextForConditionalGeneration GlmAsrForConditionalGeneration
    GlmImageForConditionalGeneration GlmMoeDsaForCausalLM GlmOcrForConditionalGeneration
    GPT2LMHeadModel GPTBigCodeForCausalLM GPTJForCausalLM GptOssForCausalLM GraniteForCausalLM
    GraniteMoeForCausalLM GraniteMoeHybridForCausalLM GraniteMoeSharedForCausalLM
    GraniteMoeSWAForCausalLM GraniteSWAForCausalLM Grok1ForCausalLM Grok1ModelForCausalLM
    HrmTextForCausalLM HunYuanDenseV1ForCausalLM HunYuanMoEV1ForCausalLM HYV3ForCausalLM
    HYV4ForCausalLM InklingForConditionalGeneration InternLM2ForCausalLM InternLM2ForRewardModel
    InternLM3ForCausalLM InternS1ForConditionalGeneration InternS1ProForConditionalGeneration
    InternS2MobiusForConditionalGeneration InternS2PreviewForConditionalGeneration
    InternVLChatModel IQuestCoderForCausalLM IQuestLoopCoderForCausalLM IQuestQ1ForCausalLM
    JetNemotronForCausalLM JetVLMForConditionalGeneration K2HorizonForCausalLM
    KimiK25ForConditionalGeneration KimiK3ForConditionalGeneration KimiK3LinearForCausalLM
    KimiLinearForCausalLM KimiVLForConditionalGeneration LagunaForCausalLM
    Lfm2BidirectionalModel Lfm2ForCausalLM Lfm2MoeForCausalLM Lfm2VlForConditionalGeneration
    LightOnOCRForConditionalGeneration LingDSparkModel LLaDA2MoeModelLM Llama4ForCausalLM
    Llama4ForConditionalGeneration LlamaEmbeddingModel LlamaForCausalLM LlamaForClassification
    LlamaForSequenceClassification LlamaForSequenceClassificationWithNormal_Weights
    LlavaForConditionalGeneration LlavaLlamaForCausalLM LlavaMistralForCausalLM
    LlavaQwenForCausalLM LlavaVidForCausalLM LocateAnythingForConditionalGeneration
    LongcatFlashForCausalLM Mamba2ForCausalLM MambaForCausalLM MellumForCausalLM
    MiDashengLMModel MiMoForCausalLM MiMoV2ASRForCausalLM MiMoV2FlashForCausalLM
    MiMoV2ForCausalLM MindSporeForCausalLM MiniCPM3ForCausalLM MiniCPMForCausalLM MiniCPMO
    MiniCPMSALAForCausalLM MiniCPMV MiniCPMV4_6ForConditionalGeneration
    MiniCPMV4_7ForConditionalGeneration MiniMaxM2ForCausalLM MiniMaxM3SparseForCausalLM
    MiniMaxM3SparseForConditionalGeneration Ministral3ForCausalLM
    Mistral3ForConditionalGeneration MistralForCausalLM MistralLarge3ForCausalLM MistralModel
    MixtralForCausalLM MllamaForConditionalGeneration MossVLForConditionalGeneration
    MultiModalityCausalLM MuseGlimmerAssistantModel MuseGlimmerForCausalLM
    MuseGlimmerForConditionalGeneration MuseSparkForConditionalGeneration NanbeigeForCausalLM
    NanbeigeForSequenceClassification NemotronH_Nano_Omni_Reasoning_V3 NemotronH_Nano_VL_V2
    NemotronH_Omni_Reasoning_V3 NemotronHForCausalLM NemotronHPuzzleForCausalLM
    NVILAForConditionalGeneration NVILALiteForConditionalGeneration Olmo2ForCausalLM
    OlmoeForCausalLM OlmoForCausalLM OPTForCausalLM OrionForCausalLM
    PaddleOCRVLForConditionalGeneration PersimmonForCausalLM Phi3ForCausalLM
    Phi3SmallForCausalLM Phi4MMForCausalLM PhiForCausalLM PhiMoEForCausalLM
    PixtralForConditionalGeneration PixtralVisionModel POINTSV15ChatModel
    QuantMixtralForCausalLM Qwen2_5_VLForConditionalGeneration
    Qwen2AudioForConditionalGeneration Qwen2ForCausalLM Qwen2ForRewardModel
    Qwen2ForSequenceClassification Qwen2MoeForCausalLM Qwen2VLForConditionalGeneration
    Qwen3_5ForCausalLM Qwen3_5ForConditionalGeneration Qwen3_5MoeForCausalLM
    Qwen3_5MoeForConditionalGeneration Qwen3ASRForConditionalGeneration Qwen3DSparkModel
    Qwen3ForCausalLM Qwen3ForRewardModel Qwen3ForSequenceClassification Qwen3Model
    Qwen3MoeForCausalLM Qwen3NextForCausalLM Qwen3OmniMoeForConditionalGeneration
    Qwen3VLForConditionalGeneration Qwen3VLMoeForConditionalGeneration
    Qwen4ExpForConditionalGeneration QWenLMHeadModel Sarashina2VisionForCausalLM
    SarvamMLAForCausalLM SarvamMoEForCausalLM SDARForCausalLM SDARMoeForCausalLM
    SolarForCausalLM Spark2_5ForCausalLM StableLmForCausalLM Starcoder2ForCausalLM
    Step3p5ForCausalLM Step3p7ForConditionalGeneration Step3VLForConditionalGeneration
    StepVLForConditionalGeneration TeleFLMForCausalLM TorchNativeLlamaForCausalLM
    TorchNativePhi3ForCausalLM TransformersEmbeddingModel TransformersForCausalLM
    TransformersForSequenceClassification TransformersMoEEmbeddingModel
    TransformersMoEForCausalLM TransformersMoEForSequenceClassification
    TransformersMultiModalEmbeddingModel TransformersMultiModalForCausalLM
    TransformersMultiModalForSequenceClassification TransformersMultiModalMoEEmbeddingModel
    TransformersMultiModalMoEForCausalLM TransformersMultiModalMoEForSequenceClassification
    UnlimitedOCRForCausalLM VoxtralForConditionalGeneration WhisperForConditionalGeneration
    XllmForCausalLM XLMRobertaForSequenceClassification XLMRobertaModel XverseForCausalLM
    XverseMoeForCausalLM YiVLForCausalLM ZayaForCausalLM
    """.split()
)

# llama.cpp as in llama-cpp-python 0.3.36, src/llama-arch.cpp; `general.architecture` of GGUF.
LLAMA_CPP = frozenset(
    """
    afmoe apertus arcee arctic arwkv7 baichuan bailingmoe bailingmoe2 bailingmoe3 bert bitnet
    bloom chameleon chatglm codeshell cogvlm cohere2 cohere2moe command-r dbrx deci deepseek
    deepseek2 deepseek2-ocr deepseek32 deepseek4 dots1 dots3note dream ernie4_5 ernie4_5-moe
    eurobert exaone exaone-moe exaone4 falcon falcon-h1 gemma gemma-embedding gemma2 gemma3
    gemma3n gemma4 glm-dsa glm4 glm4moe glm5-next gpt-oss gpt2 gptj gptneox granite granite_swa
    granitehybrid granitemoe graniteswitch grok grovemoe hrm_text hunyuan-dense hunyuan-moe
    hunyuan_vl hy_v3 hy_v4 internlm2 jais jais2 jamba jina-bert-v2 jina-bert-v3 kimi-k3
    kimi-linear laguna lfm2 lfm2moe llada llada-moe llama llama-embed llama4 maincoder mamba
    mamba2 maple mellum mimo2 minicpm minicpm3 minimax-01 minimax-m2 minimax-m3 mistral3
    mistral4 modern-bert mpt muse-glimmer nanbeige nemotron nemotron_h nemotron_h_moe neo-bert
    nomic-bert nomic-bert-moe olmo olmo2 olmoe openelm orion paddleocr pangu-embedded phi2 phi3
    phimoe plamo plamo2 plamo3 plm qwen qwen2 qwen2moe qwen2vl qwen3 qwen35 qwen35moe qwen3moe
    qwen3next qwen3vl qwen3vlmoe qwen4exp refact rnd1 rwkv6 rwkv6qwen2 rwkv7 seed_oss
    smallthinker smollm3 spark2_5 stablelm starcoder starcoder2 step35 t5 t5encoder talkie
    xverse
    """.split()
)
