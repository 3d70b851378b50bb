"""`transformersInfo`: with which classes of transformers a model loads, as the Hub tells it."""

from collections.abc import Mapping
from typing import Any

from hearthub.catalogue.values import mapping, text, texts
from hearthub.fit import task_of_config

_TOKENIZER, _IMAGES, _BOTH = "AutoTokenizer", "AutoImageProcessor", "AutoProcessor"

# Task of the class in config.json -> what loads it, and what makes its inputs.
_OF_TASK = {
    "text-generation": ("AutoModelForCausalLM", _TOKENIZER),
    "text2text-generation": ("AutoModelForSeq2SeqLM", _TOKENIZER),
    "fill-mask": ("AutoModelForMaskedLM", _TOKENIZER),
    "text-classification": ("AutoModelForSequenceClassification", _TOKENIZER),
    "token-classification": ("AutoModelForTokenClassification", _TOKENIZER),
    "question-answering": ("AutoModelForQuestionAnswering", _TOKENIZER),
    "table-question-answering": ("AutoModelForTableQuestionAnswering", _TOKENIZER),
    "multiple-choice": ("AutoModelForMultipleChoice", _TOKENIZER),
    "feature-extraction": ("AutoModel", _TOKENIZER),
    "image-classification": ("AutoModelForImageClassification", _IMAGES),
    "image-segmentation": ("AutoModelForImageSegmentation", _IMAGES),
    "image-feature-extraction": ("AutoModel", _IMAGES),
    "depth-estimation": ("AutoModelForDepthEstimation", _IMAGES),
    "object-detection": ("AutoModelForObjectDetection", _IMAGES),
    "mask-generation": ("AutoModelForMaskGeneration", _BOTH),
    "video-classification": ("AutoModelForVideoClassification", _IMAGES),
    "zero-shot-image-classification": ("AutoModelForZeroShotImageClassification", _BOTH),
    "zero-shot-object-detection": ("AutoModelForZeroShotObjectDetection", _BOTH),
    "image-text-to-text": ("AutoModelForImageTextToText", _BOTH),
    "video-text-to-text": ("AutoModelForImageTextToText", _BOTH),
    "visual-question-answering": ("AutoModelForVisualQuestionAnswering", _BOTH),
    "document-question-answering": ("AutoModelForDocumentQuestionAnswering", _BOTH),
    "automatic-speech-recognition": ("AutoModelForSpeechSeq2Seq", _BOTH),
    "audio-classification": ("AutoModelForAudioClassification", "AutoFeatureExtractor"),
}
_CTC = ("AutoModelForCTC", _BOTH)
_UNKNOWN = ("AutoModel", None)


def transformers_info(config: Mapping[str, Any]) -> dict[str, str] | None:
    """auto_model, and where they are known custom_class, pipeline_tag and processor.

    None for a config without architectures, which transformers does not load.
    """
    architectures = texts(config.get("architectures"))
    if not architectures:
        return None
    own = mapping(config.get("auto_map"))
    names = [name for name in texts(list(own)) if name.startswith("AutoModel")]
    task = task_of_config({**config, "architectures": [*names, *architectures]})
    auto, processor = _OF_TASK.get(task or "", _UNKNOWN)
    if architectures[0].endswith("ForCTC"):
        auto, processor = _CTC
    custom = None
    if names:
        auto = auto if auto in names else names[0]
        custom = text(own[auto])
    found = {
        "auto_model": auto,
        "custom_class": custom,
        "pipeline_tag": task,
        "processor": processor,
    }
    return {name: value for name, value in found.items() if value}
