"""Writes inputs of packing and what the reference packs of them.

Run with gguf (gguf-py), numpy, ggml's shared libraries and a Gemma 3 270M Q4_K_M file:
    python make_packed.py FOLDER_WITH_LIBGGML GEMMA.gguf

packing.f16: rows of 256 values: normal, heavy-tailed (Student's t, 3 degrees of freedom), real weights.
packing-special.f32: rows for the exact formats: zeros, ties, equal values, tiny and great ones.
DTYPE.packed, DTYPE-special.packed: gguf-py's bytes of both. errors.tsv: ggml's summed squared errors of the K-quants.
"""
import ctypes
import sys

import numpy as np
from gguf import GGMLQuantizationType as T
from gguf import GGUFReader
from gguf.quants import dequantize, quantize

ROWS = 24
rng = np.random.default_rng(20261124)
reader = GGUFReader(sys.argv[2])


def weights():
    """Rows of several layers' tensors, among them all types of the file."""
    rows = []
    names = ["attn_q", "attn_output", "ffn_up", "ffn_down"]
    for n, layer in enumerate((0, 3, 7, 11, 14, 17)):
        tensor = next(t for t in reader.tensors if t.name == f"blk.{layer}.{names[n % 4]}.weight")
        values = dequantize(tensor.data, tensor.tensor_type)
        picks = rng.integers(0, values.shape[0], ROWS // 6)
        rows += [values[r, :256] for r in picks]
    return np.stack(rows)


kinds = {
    "normal": rng.standard_normal((ROWS, 256)) * rng.choice([0.005, 0.02, 0.1], (ROWS, 1)),
    "heavy-tailed": rng.standard_t(3, (ROWS, 256)) * 0.02,
    "weights": weights(),
}
values = np.concatenate(list(kinds.values())).astype("<f2")
values.tofile("packing.f16")
values = values.astype(np.float32)

special = (rng.standard_normal((8, 256)) * 0.1).astype("<f4")
special[0] = 0
special[1] = -0.25
special[2] = np.arange(256) - 127.5
special[3] = np.tile([-8, 8, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5], 32)
special[4] *= 1e-6
special[5] *= 1e-30
special[6] *= 1e5
special[7, ::2] = -0.0
special.tofile("packing-special.f32")

for dtype in (T.Q4_0, T.Q5_0, T.Q5_1, T.Q8_0):
    quantize(values, dtype).tofile(dtype.name + ".packed")
    with np.errstate(over="ignore"):
        quantize(special, dtype).tofile(dtype.name + "-special.packed")

for name in ("libggml-base.so", "libggml-cpu.so"):
    library = ctypes.CDLL(f"{sys.argv[1]}/{name}", mode=ctypes.RTLD_GLOBAL)
ggml = ctypes.CDLL(f"{sys.argv[1]}/libggml-base.so")
ggml.ggml_quantize_chunk.restype = ctypes.c_size_t
ggml.ggml_quantize_chunk.argtypes = [
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p
]
with open("errors.tsv", "w", encoding="ascii") as out:
    print("dtype", "kind", "squared_error", sep="\t", file=out)
    for dtype, size in ((T.Q4_K, 144), (T.Q5_K, 176), (T.Q6_K, 210)):
        packed = np.zeros((len(values), size), dtype=np.uint8)
        wrote = ggml.ggml_quantize_chunk(
            int(dtype), values.ctypes.data, packed.ctypes.data, 0, len(values), values.shape[1], None
        )
        assert wrote == packed.size
        error = (dequantize(packed, dtype).astype(np.float64) - values) ** 2
        for n, kind in enumerate(kinds):
            print(dtype.name, kind, repr(float(error[n * ROWS : (n + 1) * ROWS].sum())), sep="\t", file=out)
