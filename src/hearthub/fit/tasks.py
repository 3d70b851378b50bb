"""The task of a model from the classes its `config.json` names.

Endings say it for most classes of transformers; the tables name those whose ending says nothing
(`ForConditionalGeneration` is anything from translation to speech). The tasks are those that the
Hub shows for such classes.
"""

from collections.abc import Mapping
from typing import Any

from hearthub.fit.words import mapping, word, words

ENDINGS = (  # the first that fits
    ("ForCausalLM", "text-generation"),
    ("LMHeadModel", "text-generation"),
    ("ForSequenceClassification", "text-classification"),
    ("ForTokenClassification", "token-classification"),
    ("ForQuestionAnswering", "question-answering"),
    ("ForQuestionAnsweringSimple", "question-answering"),
    ("ForMaskedLM", "fill-mask"),
    ("ForMultipleChoice", "multiple-choice"),
    ("ForImageClassification", "image-classification"),
    ("ForImageClassificationWithTeacher", "image-classification"),
    ("ForVideoClassification", "video-classification"),
    ("ForObjectDetection", "object-detection"),
    ("ForSemanticSegmentation", "image-segmentation"),
    ("ForInstanceSegmentation", "image-segmentation"),
    ("ForUniversalSegmentation", "image-segmentation"),
    ("ForSegmentation", "image-segmentation"),
    ("ForImageMatting", "image-segmentation"),
    ("ForDepthEstimation", "depth-estimation"),
    ("ForKeypointDetection", "keypoint-detection"),
    ("ForPoseEstimation", "keypoint-detection"),
    ("ForKeypointMatching", "keypoint-matching"),
    ("ForImageSuperResolution", "image-to-image"),
    ("ForImageTextRetrieval", "zero-shot-image-classification"),
    ("ForRetrieval", "visual-document-retrieval"),
    ("ForTextRecognition", "image-to-text"),
    ("ForTableRecognition", "image-to-text"),
    ("ForVisionText2Text", "image-text-to-text"),
    ("VisionEncoderDecoderModel", "image-text-to-text"),
    ("ForAudioClassification", "audio-classification"),
    ("ForAudioFrameClassification", "audio-classification"),
    ("ForXVector", "audio-classification"),
    ("ForCTC", "automatic-speech-recognition"),
    ("ForRNNT", "automatic-speech-recognition"),
    ("ForTDT", "automatic-speech-recognition"),
    ("ForSpeechToText", "automatic-speech-recognition"),
    ("ForSpeechSeq2Seq", "automatic-speech-recognition"),
    ("SpeechEncoderDecoderModel", "automatic-speech-recognition"),
    ("ForTextToSpeech", "text-to-audio"),
    ("ForTextToWaveform", "text-to-audio"),
    ("WithHifiGan", "text-to-audio"),
    ("ForTextToText", "text2text-generation"),
    ("EncoderDecoderModel", "text2text-generation"),
    ("ForActionPrediction", "robotics"),
    ("ForDecision", "reinforcement-learning"),
    ("ModelForPrediction", "time-series-forecasting"),
    ("ForPrediction", "time-series-forecasting"),
    ("ForTimeSeriesClassification", "time-series-classification"),
)
# What comes before the ending, for classes whose ending misleads.
_OF_CLASS = {
    "automatic-speech-recognition": """
        CanaryForConditionalGeneration FunAsrNanoForConditionalGeneration
        GraniteSpeechForConditionalGeneration GraniteSpeechPlusForConditionalGeneration
        KyutaiSpeechToTextForConditionalGeneration MoonshineForConditionalGeneration
        MoonshineStreamingForConditionalGeneration MossTranscribeDiarizeForConditionalGeneration
        Speech2TextForConditionalGeneration VoxtralRealtimeForConditionalGeneration
        WhisperForConditionalGeneration""",
    "audio-text-to-text": """
        AudioFlamingo3ForConditionalGeneration MusicFlamingoForConditionalGeneration
        Qwen2AudioForConditionalGeneration UltravoxModel VoxtralForConditionalGeneration""",
    "audio-classification": """
        Data2VecAudioForSequenceClassification HubertForSequenceClassification
        SEWDForSequenceClassification SEWForSequenceClassification
        UniSpeechForSequenceClassification UniSpeechSatForSequenceClassification
        Wav2Vec2BertForSequenceClassification Wav2Vec2ConformerForSequenceClassification
        Wav2Vec2ForSequenceClassification WavLMForSequenceClassification""",
    "text-to-audio": """
        BarkModel CsmForConditionalGeneration DiaForConditionalGeneration
        FastSpeech2ConformerModel HiggsAudioV2ForConditionalGeneration
        MusicgenForConditionalGeneration MusicgenMelodyForConditionalGeneration
        PocketTTSForConditionalGeneration Qwen2_5OmniForConditionalGeneration
        Qwen3OmniMoeForConditionalGeneration VibeVoiceForConditionalGeneration VitsModel""",
    "text2text-generation": """
        BartForConditionalGeneration BigBirdPegasusForConditionalGeneration
        BlenderbotForConditionalGeneration BlenderbotSmallForConditionalGeneration
        FSMTForConditionalGeneration LEDForConditionalGeneration LongT5ForConditionalGeneration
        M2M100ForConditionalGeneration MBartForConditionalGeneration MT5ForConditionalGeneration
        MarianMTModel MvpForConditionalGeneration NllbMoeForConditionalGeneration
        PLBartForConditionalGeneration PegasusForConditionalGeneration
        PegasusXForConditionalGeneration ProphetNetForConditionalGeneration
        SwitchTransformersForConditionalGeneration T5ForConditionalGeneration
        T5GemmaForConditionalGeneration UMT5ForConditionalGeneration""",
    "image-text-to-text": "DiffusionGemmaForBlockDiffusion FuyuForCausalLM GitForCausalLM",
    "video-text-to-text": """
        LlavaNextVideoForConditionalGeneration VideoLlama3ForConditionalGeneration
        VideoLlavaForConditionalGeneration""",
    "visual-question-answering": "BlipForQuestionAnswering ViltForQuestionAnswering",
    "document-question-answering": """
        LayoutLMForQuestionAnswering LayoutLMv2ForQuestionAnswering
        LayoutLMv3ForQuestionAnswering""",
    "table-question-answering": "TapasForQuestionAnswering",
    "zero-shot-object-detection": """
        GroundingDinoForObjectDetection MMGroundingDinoForObjectDetection
        OmDetTurboForObjectDetection OwlViTForObjectDetection Owlv2ForObjectDetection""",
    "zero-shot-image-classification": """
        AlignModel AltCLIPModel BlipModel CLIPModel CLIPSegModel ChineseCLIPModel MetaClip2Model
        Siglip2Model SiglipModel""",
    "mask-generation": "EdgeTamModel Sam2Model Sam3Model Sam3TrackerModel SamHQModel SamModel",
    "time-series-forecasting": "AutoformerModel InformerModel TimesFmModel",
    "image-feature-extraction": """
        Aimv2VisionModel BeitModel BitModel ConvNextModel ConvNextV2Model DINOv3ConvNextModel
        DINOv3ViTModel DPTModel Data2VecVisionModel DeiTModel Dinov2Model Dinov2WithRegistersModel
        EfficientNetModel HieraModel IJepaModel MobileNetV2Model MobileViTModel RegNetModel
        ResNetModel SegformerModel SiglipVisionModel SwinModel Swinv2Model TimmWrapperModel
        ViTMAEModel ViTMSNModel ViTModel VideoMAEModel""",
}
CLASSES = {name: task for task, names in _OF_CLASS.items() for name in names.split()}
_GENERATION = "ForConditionalGeneration"

# Tasks that a library implies when nothing else tells.
_OF_LIBRARY = {
    "lerobot": "robotics",
    "ml-agents": "reinforcement-learning",
    "open_clip": "zero-shot-image-classification",
    "sample-factory": "reinforcement-learning",
    "sentence-transformers": "sentence-similarity",
    "setfit": "text-classification",
    "stable-baselines3": "reinforcement-learning",
    "timm": "image-classification",
}
_PIPELINES = (  # a word in the name of a diffusers pipeline; the first that fits
    ("ImageToVideo", "image-to-video"),
    ("Video", "text-to-video"),
    ("AnimateDiff", "text-to-video"),
    ("Mochi", "text-to-video"),
    ("LTX", "text-to-video"),
    ("Wan", "text-to-video"),
    ("Img2Img", "image-to-image"),
    ("Inpaint", "image-to-image"),
    ("Kontext", "image-to-image"),
    ("Edit", "image-to-image"),
    ("Pix2Pix", "image-to-image"),
    ("Upscale", "image-to-image"),
    ("Marigold", "depth-estimation"),
    ("Audio", "text-to-audio"),
    ("Music", "text-to-audio"),
    ("DDPM", "unconditional-image-generation"),
    ("DDIM", "unconditional-image-generation"),
)


def task_of_config(config: Mapping[str, Any]) -> str | None:
    """The task of the first class in `architectures` that tells one.

    Repos with code of their own say in `auto_map` as which class of transformers they load.
    """
    names = [*words(config.get("architectures")), *words(list(mapping(config.get("auto_map"))))]
    return next((task for name in names if (task := _task(name, config))), None)


def task_of_library(library: str | None, model_index: Mapping[str, Any]) -> str | None:
    """What a library's repos do, when neither the card nor a config says it.

    `model_index` is diffusers' `model_index.json`, whose `_class_name` names the pipeline.
    """
    if library != "diffusers":
        return _OF_LIBRARY.get(library or "")
    name = word(model_index.get("_class_name"))
    if name is None:
        return None
    return next((task for word, task in _PIPELINES if word in name), "text-to-image")


def _task(name: str, config: Mapping[str, Any]) -> str | None:
    name = name.removeprefix("TF").removeprefix("Flax")
    if task := CLASSES.get(name):
        return task
    if name.endswith(_GENERATION):
        return _generation(name, config)
    for ending, task in ENDINGS:
        if name.endswith(ending):
            return task
    return "feature-extraction" if name.endswith(("Model", "Encoder")) else None


def _generation(name: str, config: Mapping[str, Any]) -> str:
    if "ASR" in name or "Asr" in name:
        return "automatic-speech-recognition"
    if "vision_config" in config:
        return "image-text-to-text"
    return "audio-text-to-text" if "audio_config" in config else "text2text-generation"
