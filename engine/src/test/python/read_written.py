"""Lets the reference implementations read what Caravan wrote: python read_written.py

First ./caravan test, or of it WrittenCheckpointsTest, writes engine/target/written. Needs torch, transformers,
bitsandbytes, safetensors and gguf. With llama-cpp-python (or LLAMA_CPP_LIB_PATH naming llama.cpp's libraries and PYTHONPATH
the source of llama-cpp-python) the GGUF files run in llama.cpp as well.

  folders    every tensor by safetensors; the model by transformers (with bitsandbytes where it is quantised): its logits
             must be those of the folder that transformers itself saved, bit for bit
  GGUF       every key and tensor by gguf-py, equal to the original's; llama.cpp's logits of both equal as well
"""
import os

import numpy
import torch
from gguf import GGUFReader
from safetensors import safe_open
from transformers import AutoModelForCausalLM

try:
    import llama_cpp

    llama_cpp.llama_backend_init()
except ImportError:
    llama_cpp = None

HERE = os.path.dirname(os.path.abspath(__file__))
WRITTEN = os.path.normpath(os.path.join(HERE, "../../../target/written"))
GOLDEN = os.path.normpath(os.path.join(HERE, "../resources/golden/safetensors"))
IDS = torch.tensor([[1, 7, 33, 46, 12, 5, 5, 40]])
FOLDERS = {"bf16": "sharded", "nf4": "bnb-nf4", "nf4-double": "bnb-nf4-double", "fp4": "bnb-fp4",
           "fp4-double": "bnb-fp4-double", "int8": "bnb-int8"}


def logits(folder):
    model = AutoModelForCausalLM.from_pretrained(folder, device_map="cpu", dtype=torch.bfloat16)
    layer = type(model.model.layers[0].mlp.up_proj).__name__
    with torch.no_grad():
        return model(IDS).logits.float(), layer


def read_folder(name, reference):
    folder = os.path.join(WRITTEN, name)
    shards = sorted(file for file in os.listdir(folder) if file.endswith(".safetensors"))
    tensors = 0
    for shard in shards:
        with safe_open(os.path.join(folder, shard), "pt") as file:
            assert file.metadata() == {"format": "pt"}, file.metadata()
            for key in file.keys():
                file.get_tensor(key)
                tensors += 1
    written, layer = logits(folder)
    expected, _ = logits(os.path.join(GOLDEN, reference))
    assert torch.isfinite(written).all() and torch.equal(written, expected), (written - expected).abs().max()
    print(f"{name}: {len(shards)} shards, {tensors} tensors, {layer}, {written.numel()} logits equal")


def read_gguf(name):
    original, written = (os.path.join(WRITTEN, "gguf-" + name, file) for file in ("original.gguf", "aligned-128.gguf"))
    first, second = GGUFReader(original), GGUFReader(written)
    assert second.alignment == 128
    keys = [key for key in first.fields if not key.startswith("GGUF.")]
    for key in keys:
        assert first.fields[key].contents() == second.fields[key].contents(), key
    assert [tensor.name for tensor in first.tensors] == [tensor.name for tensor in second.tensors]
    for one, other in zip(first.tensors, second.tensors):
        assert one.tensor_type == other.tensor_type and list(one.shape) == list(other.shape), one.name
        assert numpy.array_equal(one.data, other.data), one.name
        assert other.data_offset % 128 == 0, one.name
    print(f"{name}.gguf: {len(keys)} keys, {len(second.tensors)} tensors equal")
    if llama_cpp:
        logits = [llama_logits(file) for file in (original, written)]
        assert numpy.isfinite(logits[0]).all() and numpy.array_equal(logits[0], logits[1])
        print(f"{name}.gguf: llama.cpp computes the same {logits[1].size} logits")


def llama_logits(path):
    model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
    size = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_threads, params.n_threads_batch = 256, 1, 1
    context = llama_cpp.llama_init_from_model(model, params)
    ids = [token % size for token in IDS[0].tolist()]
    batch = llama_cpp.llama_batch_init(len(ids), 0, 1)
    batch.n_tokens = len(ids)
    for i, token in enumerate(ids):
        batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.logits[i] = token, i, 1, 1
        batch.seq_id[i][0] = 0
    assert llama_cpp.llama_decode(context, batch) == 0
    return numpy.array([llama_cpp.llama_get_logits_ith(context, i)[:size] for i in range(len(ids))])


for name, reference in FOLDERS.items():
    read_folder(name, reference)
for name in ("llama", "gemma3"):
    read_gguf(name)
