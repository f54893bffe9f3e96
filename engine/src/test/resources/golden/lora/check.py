"""Whether PEFT, transformers and llama.cpp give with Caravan's files the logits that they give with PEFT's. Run by hand.

    PYTHONPATH=LLAMA_CPP_PYTHON LLAMA_CPP_LIB_PATH=FOLDER_OF_LIBLLAMA python check.py CARAVAN_COMMAND...

Needs what make.py needs, and llama-cpp-python 0.3.36. CARAVAN_COMMAND is `./caravan` or whatever runs its `models` verbs.
Prints for each adapter the greatest difference of any logit to golden/logits.f32.
"""

import ctypes
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import llama_cpp
import numpy as np
import torch
from peft import PeftModel

from make import CASES, F32, HERE, load

CARAVAN = sys.argv[1:]


def caravan(*arguments):
    subprocess.run([*CARAVAN, "models", *map(str, arguments)], check=True, capture_output=True)


def with_torch(model, ids, positions):
    with torch.no_grad():
        return model(torch.tensor([ids]), use_cache=False).logits[0][positions].float().numpy()


def with_llama_cpp(base, adapter, ids, positions):
    """Every logit of llama.cpp with float32 keys and values."""
    parameters = llama_cpp.llama_model_default_params()
    # Its repacked weights round the activations to 8 bits.
    parameters.use_extra_bufts = False
    model = llama_cpp.llama_model_load_from_file(str(base).encode(), parameters)
    context_parameters = llama_cpp.llama_context_default_params()
    context_parameters.n_ctx = 64
    context_parameters.type_k = context_parameters.type_v = llama_cpp.GGML_TYPE_F32
    context_parameters.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
    context = llama_cpp.llama_init_from_model(model, context_parameters)
    if adapter:
        lora = llama_cpp.llama_adapter_lora_init(model, str(adapter).encode())
        assert lora, "llama.cpp refuses the adapter"
        adapters = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(lora)
        assert llama_cpp.llama_set_adapters_lora(context, adapters, 1, (ctypes.c_float * 1)(1.0)) == 0
    vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    batch = llama_cpp.llama_batch_init(len(ids), 0, 1)
    batch.n_tokens = len(ids)
    for i, token in enumerate(ids):
        batch.token[i], batch.pos[i], batch.n_seq_id[i] = token, i, 1
        batch.seq_id[i][0], batch.logits[i] = 0, 1
    assert llama_cpp.llama_decode(context, batch) == 0
    rows = [np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, p), (vocabulary,)).copy() for p in positions]
    llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(model)
    return np.stack(rows)


def check(name, base_name):
    with tempfile.TemporaryDirectory() as parent:
        root = pathlib.Path(parent)
        base, peft = root / "base", root / "peft"
        zipfile.ZipFile(HERE.parent / "architectures" / f"{base_name}.zip").extractall(base)
        zipfile.ZipFile(HERE / f"{name}.zip").extractall(peft)
        ids = [int(i) for i in (base / "golden/ids.txt").read_text().split()]
        positions = [int(i) for i in (base / "golden/positions.txt").read_text().split()]
        expected = np.fromfile(peft / "golden/logits.f32", "<f4").reshape(len(positions), -1)

        def show(what, logits):
            print(f"{name:16} {what:48} {np.abs(logits - expected).max():.2e}", flush=True)

        caravan("convert", base, root / "base.gguf", "--type", "f32")
        caravan("convert-adapter", base, peft, root / "ours")
        caravan("convert-adapter", root / "base.gguf", peft, root / "ours.gguf")
        caravan("convert-adapter", root / "base.gguf", root / "ours.gguf", root / "back")
        caravan("merge", base, root / "ours.gguf", root / "merged", "--type", "f32")
        caravan("merge", base, peft, root / "merged-bf16")
        caravan("merge", root / "base.gguf", root / "ours", root / "merged.gguf")
        show("base alone", with_torch(load(base, F32), ids, positions))
        show("PEFT, its own folder", with_torch(PeftModel.from_pretrained(load(base, F32), peft), ids, positions))
        show("PEFT, our folder", with_torch(PeftModel.from_pretrained(load(base, F32), root / "ours"), ids, positions))
        show("PEFT, our folder of our GGUF adapter",
             with_torch(PeftModel.from_pretrained(load(base, F32), root / "back"), ids, positions))
        show("transformers, our merged F32 folder", with_torch(load(root / "merged", F32), ids, positions))
        show("transformers, our merged BF16 folder", with_torch(load(root / "merged-bf16", F32), ids, positions))
        show("llama.cpp, our GGUF adapter", with_llama_cpp(root / "base.gguf", root / "ours.gguf", ids, positions))
        show("llama.cpp, its own GGUF adapter",
             with_llama_cpp(root / "base.gguf", peft / "adapter.gguf", ids, positions))
        show("llama.cpp, our merged GGUF", with_llama_cpp(root / "merged.gguf", None, ids, positions))


if __name__ == "__main__":
    for case, (base_name, _, _) in CASES.items():
        check(case, base_name)
