"""Names that the Hub knows, for telling tags apart: tasks, libraries, languages."""

# Task -> the group the Hub's own list shows it in.
_TASKS = {
    "multimodal": """
        any-to-any audio-text-to-text document-question-answering image-text-to-image
        image-text-to-text image-text-to-video video-text-to-text visual-document-retrieval
        visual-question-answering""",
    "cv": """
        depth-estimation image-classification image-feature-extraction image-segmentation
        image-to-3d image-to-image image-to-text image-to-video keypoint-detection
        keypoint-matching mask-generation object-detection text-to-3d text-to-image text-to-video
        unconditional-image-generation video-classification video-to-video
        zero-shot-image-classification zero-shot-object-detection""",
    "nlp": """
        feature-extraction fill-mask multiple-choice question-answering sentence-similarity
        summarization table-question-answering table-to-text text-classification text-generation
        text-ranking text-retrieval text2text-generation token-classification translation
        zero-shot-classification""",
    "audio": """
        audio-classification audio-to-audio automatic-speech-recognition text-to-audio
        text-to-speech voice-activity-detection""",
    "tabular": """
        tabular-classification tabular-regression tabular-to-text time-series-classification
        time-series-forecasting""",
    "rl": "reinforcement-learning robotics",
    "other": "graph-ml other",
}
GROUPS = {task: group for group, tasks in _TASKS.items() for task in tasks.split()}
TASKS = frozenset(GROUPS) - {"text2text-generation", "other"}  # of models

# Library tag -> how it is written; formats of weights stand among them, as on the Hub.
LIBRARIES = {
    "adapter-transformers": "Adapters",
    "allennlp": "allenNLP",
    "asteroid": "Asteroid",
    "bertopic": "BERTopic",
    "coreml": "Core ML",
    "ctranslate2": "CTranslate2",
    "diffusers": "Diffusers",
    "diffusion-single-file": "Diffusion Single File",
    "espnet": "ESPnet",
    "exllamav2": "ExLlamaV2",
    "exllamav3": "ExLlamaV3",
    "fairseq": "Fairseq",
    "fastai": "fastai",
    "fasttext": "fastText",
    "flair": "Flair",
    "funasr": "FunASR",
    "gguf": "GGUF",
    "gliner": "GLiNER",
    "jax": "JAX",
    "joblib": "Joblib",
    "keras": "Keras",
    "kernels": "Kernels",
    "lerobot": "LeRobot",
    "litert": "LiteRT",
    "litert-lm": "LiteRT-LM",
    "llama.cpp": "llama.cpp",
    "ml-agents": "ml-agents",
    "mlx": "MLX",
    "monai": "MONAI",
    "nemo": "NeMo",
    "onnx": "ONNX",
    "onnxruntime": "ONNX Runtime",
    "open_clip": "OpenCLIP",
    "openvino": "OpenVINO",
    "optimum": "Optimum",
    "paddlenlp": "PaddleNLP",
    "paddleocr": "PaddleOCR",
    "peft": "PEFT",
    "pyannote-audio": "pyannote.audio",
    "pylate": "PyLate",
    "pytorch": "PyTorch",
    "rust": "Rust",
    "safetensors": "Safetensors",
    "sample-factory": "sample-factory",
    "sentence-transformers": "sentence-transformers",
    "setfit": "setfit",
    "sglang": "SGLang",
    "sklearn": "Scikit-learn",
    "spacy": "spaCy",
    "span-marker": "SpanMarker",
    "speechbrain": "speechbrain",
    "speculators": "Speculators",
    "stable-baselines3": "Stable-Baselines3",
    "stanza": "Stanza",
    "tensorboard": "TensorBoard",
    "tensorflowtts": "TensorFlowTTS",
    "tf": "TensorFlow",
    "tf-keras": "TF-Keras",
    "tflite": "TF Lite",
    "timm": "timm",
    "transformers": "Transformers",
    "transformers.js": "Transformers.js",
    "ultralytics": "ultralytics",
    "unity-sentis": "unity-sentis",
    "vllm": "vLLM",
}

# Readers of data sets -> how they are written.
READERS = {
    "dask": "Dask",
    "datasets": "Datasets",
    "fiftyone": "FiftyOne",
    "lance": "Lance",
    "mlcroissant": "Croissant",
    "pandas": "pandas",
    "polars": "Polars",
    "webdataset": "WebDataset",
}

# ISO 639-1 in full, and of ISO 639-3 the codes that models carry; other codes stay plain words.
_LANGUAGES = """
aa Afar|ab Abkhazian|ae Avestan|af Afrikaans|ak Akan|am Amharic|an Aragonese|ar Arabic|as Assamese
av Avaric|ay Aymara|az Azerbaijani|ba Bashkir|be Belarusian|bg Bulgarian|bh Bihari|bi Bislama
bm Bambara|bn Bengali|bo Tibetan|br Breton|bs Bosnian|ca Catalan|ce Chechen|ch Chamorro|co Corsican
cr Cree|cs Czech|cu Church Slavic|cv Chuvash|cy Welsh|da Danish|de German|dv Divehi|dz Dzongkha
ee Ewe|el Greek|en English|eo Esperanto|es Spanish|et Estonian|eu Basque|fa Persian|ff Fulah
fi Finnish|fj Fijian|fo Faroese|fr French|fy Western Frisian|ga Irish|gd Scottish Gaelic|gl Galician
gn Guarani|gu Gujarati|gv Manx|ha Hausa|he Hebrew|hi Hindi|ho Hiri Motu|hr Croatian|ht Haitian
hu Hungarian|hy Armenian|hz Herero|ia Interlingua|id Indonesian|ie Interlingue|ig Igbo
ii Sichuan Yi|ik Inupiaq|io Ido|is Icelandic|it Italian|iu Inuktitut|ja Japanese|jv Javanese
ka Georgian|kg Kongo|ki Kikuyu|kj Kuanyama|kk Kazakh|kl Kalaallisut|km Khmer|kn Kannada|ko Korean
kr Kanuri|ks Kashmiri|ku Kurdish|kv Komi|kw Cornish|ky Kyrgyz|la Latin|lb Luxembourgish|lg Ganda
li Limburgan|ln Lingala|lo Lao|lt Lithuanian|lu Luba-Katanga|lv Latvian|mg Malagasy|mh Marshallese
mi Maori|mk Macedonian|ml Malayalam|mn Mongolian|mr Marathi|ms Malay|mt Maltese|my Burmese|na Nauru
nb Norwegian Bokmål|nd North Ndebele|ne Nepali|ng Ndonga|nl Dutch|nn Norwegian Nynorsk|no Norwegian
nr South Ndebele|nv Navajo|ny Nyanja|oc Occitan|oj Ojibwa|om Oromo|or Odia|os Ossetian|pa Punjabi
pi Pali|pl Polish|ps Pashto|pt Portuguese|qu Quechua|rm Romansh|rn Rundi|ro Romanian|ru Russian
rw Kinyarwanda|sa Sanskrit|sc Sardinian|sd Sindhi|se Northern Sami|sg Sango|sh Serbo-Croatian
si Sinhala|sk Slovak|sl Slovenian|sm Samoan|sn Shona|so Somali|sq Albanian|sr Serbian|ss Swati
st Southern Sotho|su Sundanese|sv Swedish|sw Swahili|ta Tamil|te Telugu|tg Tajik|th Thai|ti Tigrinya
tk Turkmen|tl Tagalog|tn Tswana|to Tonga|tr Turkish|ts Tsonga|tt Tatar|tw Twi|ty Tahitian|ug Uyghur
uk Ukrainian|ur Urdu|uz Uzbek|ve Venda|vi Vietnamese|vo Volapük|wa Walloon|wo Wolof|xh Xhosa
yi Yiddish|yo Yoruba|za Zhuang|zh Chinese|zu Zulu|als Tosk Albanian|ast Asturian
ckb Central Kurdish|ceb Cebuano|fil Filipino|gsw Swiss German|haw Hawaiian|hbs Serbo-Croatian
hmn Hmong|hne Chhattisgarhi|ilo Iloko|kab Kabyle|mai Maithili|mni Manipuri
multilingual Multilingual|nan Min Nan|pcm Nigerian Pidgin|sah Yakut|scn Sicilian|tet Tetum|war Waray
wuu Wu Chinese|yue Cantonese|zgh Tamazight
"""
LANGUAGES = {
    code: name
    for entry in _LANGUAGES.strip().replace("\n", "|").split("|")
    for code, _, name in [entry.partition(" ")]
}
