"""llama.cpp's own conversion, run in this process so that a tiny vocabulary, whose hash it cannot know, gets a name."""

import logging
import pathlib
import sys

sys.path.insert(0, sys.argv[1])
sys.path.insert(0, str(pathlib.Path(sys.argv[1]) / "gguf-py"))

import gguf  # noqa: E402
from conversion import get_model_class  # noqa: E402
from conversion.base import ModelBase, ModelType  # noqa: E402

logging.disable(logging.WARNING)


def convert(folder, pre, extra=None, architecture=None, dense=False):
    """FOLDER to FOLDER/model.gguf in F16.

    pre: the pre-tokenizer's name; extra: adds keys that the converter leaves to llama.cpp's defaults;
    architecture: where the file's own would lose the rest; dense: with sentence-transformers' dense layers
    """
    import json

    name = architecture or json.loads((folder / "config.json").read_text())["architectures"][0]
    model_class = get_model_class(name)
    model_class.module_paths = []
    model = model_class(folder, gguf.LlamaFileType.MOSTLY_F16, folder / "model.gguf", eager=True,
                        sentence_transformers_dense_modules=dense, hparams=hparams(folder, architecture))
    model.get_vocab_base_pre = lambda tokenizer: pre
    parameters = model.set_gguf_parameters

    def set_parameters():
        parameters()
        if extra:
            extra(model.gguf_writer)

    model.set_gguf_parameters = set_parameters
    model.write()


def hparams(folder, architecture):
    values = ModelBase.load_hparams(folder, False)
    if architecture:
        values["architectures"] = [architecture]
    return values
