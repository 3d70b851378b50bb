"""`transformersInfo` as the Hub tells it of public models."""

import pytest

from hearthub.catalogue.auto_classes import transformers_info


@pytest.mark.parametrize(
    ("architecture", "more", "expected"),
    [
        ("BertForMaskedLM", {}, ("AutoModelForMaskedLM", "fill-mask", "AutoTokenizer")),
        ("LlamaForCausalLM", {}, ("AutoModelForCausalLM", "text-generation", "AutoTokenizer")),
        ("GPT2LMHeadModel", {}, ("AutoModelForCausalLM", "text-generation", "AutoTokenizer")),
        (
            "WhisperForConditionalGeneration",
            {},
            ("AutoModelForSpeechSeq2Seq", "automatic-speech-recognition", "AutoProcessor"),
        ),
        (
            "Wav2Vec2ForCTC",
            {},
            ("AutoModelForCTC", "automatic-speech-recognition", "AutoProcessor"),
        ),
        (
            "Gemma3ForConditionalGeneration",
            {"vision_config": {}},
            ("AutoModelForImageTextToText", "image-text-to-text", "AutoProcessor"),
        ),
        ("Gizmo", {}, ("AutoModel", None, None)),
    ],
)
def test_classes(
    architecture: str, more: dict[str, object], expected: tuple[str | None, ...]
) -> None:
    found = transformers_info({"architectures": [architecture], **more})
    assert found
    names = ("auto_model", "pipeline_tag", "processor")
    assert tuple(found.get(name) for name in names) == expected
    assert "custom_class" not in found


def test_code_of_its_own() -> None:
    own = {"AutoConfig": "configuration_x.XConfig", "AutoModelForCausalLM": "modeling_x.XModel"}
    found = transformers_info({"architectures": ["XModel"], "auto_map": own})
    assert found == {
        "auto_model": "AutoModelForCausalLM",
        "custom_class": "modeling_x.XModel",
        "pipeline_tag": "text-generation",
        "processor": "AutoTokenizer",
    }


@pytest.mark.parametrize(
    "config",
    [{}, {"architectures": []}, {"architectures": [{}]}, {"architectures": 10**5000}],
)
def test_what_transformers_does_not_load(config: dict[str, object]) -> None:
    assert transformers_info(config) is None


@pytest.mark.parametrize("own", [5, [], {"AutoModel": {}}, {"AutoModel": ["a", "b"]}, {"": ""}])
def test_an_odd_map(own: object) -> None:
    found = transformers_info({"architectures": ["XModel"], "auto_map": own})
    assert found
    assert found["auto_model"] == "AutoModel"
    assert "custom_class" not in found
