"""Writes the golden values of bitsandbytes' 4-bit and 8-bit quantisation on a CPU, little-endian.

Run with bitsandbytes, torch and numpy:  python make.py
"""
import bitsandbytes.functional as F
import numpy as np
import torch
from bitsandbytes.backends.default.ops import _dequantize_4bit_compute
from bitsandbytes.backends.utils import _get_4bit_code

SEED = 20261124
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
rng = np.random.default_rng(SEED)


def save(name, tensor):
    tensor = tensor.detach().contiguous()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.view(torch.int16)
    array = tensor.numpy()
    array.astype(array.dtype.newbyteorder("<")).tofile(name + ".bin")


def around(values):
    """The values, and their neighbours on both sides."""
    values = np.asarray(values, dtype=np.float32)
    return np.concatenate([values, np.nextafter(values, np.float32(-9)), np.nextafter(values, np.float32(9))])


def values():
    blocks = (rng.standard_normal((56, 64)) * rng.choice([0.01, 0.02, 0.1, 3], (56, 1))).astype(np.float32)
    blocks[0] = 0
    blocks[1, ::2] = -0.0
    blocks[1, 1::2] = 0
    for block, quant_type in ((2, "nf4"), (3, "fp4")):
        codes = np.sort(_get_4bit_code(quant_type, torch.device("cpu")).numpy())
        ties = around((codes[:-1] + codes[1:]) / 2)
        blocks[block] = 1
        blocks[block, : len(ties)] = ties
    blocks[4] *= 1e-38
    blocks[5] *= 1e-41
    blocks[6] *= 3e37
    blocks[7, 9] = np.nan
    blocks[8, 9] = np.inf
    blocks[8, 10] = -np.inf
    blocks[9] = -0.37
    blocks[10, :] = 0
    blocks[10, 63] = -1e-45
    return torch.from_numpy(blocks)


matrix = values()
for name, dtype in DTYPES.items():
    x = matrix.to(dtype)
    save("values-" + name, x)
    for quant_type in ("nf4", "fp4"):
        packed, state = F.quantize_4bit(x, blocksize=64, quant_type=quant_type)
        save(f"{quant_type}-{name}-packed", packed)
        save(f"{quant_type}-{name}-absmax", state.absmax)
        if name != "float16":
            save(f"{quant_type}-{name}-values", F.dequantize_4bit(packed, state))

# Blocks that cross rows, an odd number of values, greater and smaller blocks. Unpacked with bitsandbytes' portable
# implementation: where rows are no whole number of blocks, its AVX-512 library of 0.50.2 takes other blocks' scales.
for rows, columns, blocksize, quant_type, name in (
    (5, 96, 64, "nf4", "bfloat16"),
    (3, 35, 64, "fp4", "float16"),
    (4, 128, 128, "nf4", "float32"),
    (3, 128, 32, "nf4", "bfloat16"),
):
    x = torch.from_numpy((rng.standard_normal((rows, columns)) * 0.05).astype(np.float32)).to(DTYPES[name])
    packed, state = F.quantize_4bit(x, blocksize=blocksize, quant_type=quant_type)
    case = f"{quant_type}-{name}-{rows}x{columns}-by-{blocksize}"
    save(case + "-packed", packed)
    save(case + "-absmax", state.absmax)
    code = _get_4bit_code(quant_type, torch.device("cpu"))
    save(case + "-values", _dequantize_4bit_compute(packed.reshape(-1), state.absmax, code, blocksize, x.shape, x.dtype))

# Double quantisation: of 1, 300 and 4000 blocks' scales. Spread of the weights' scales as in a real layer and wider.
for blocks in (1, 300, 4000):
    spread = rng.lognormal(-3.5, 0.5, (blocks, 1))
    x = torch.from_numpy((rng.standard_normal((blocks, 64)) * spread).astype(np.float32))
    _, plain = F.quantize_4bit(x, blocksize=64, quant_type="nf4", compress_statistics=False)
    _, nested = F.quantize_4bit(x, blocksize=64, quant_type="nf4", compress_statistics=True)
    save(f"double-{blocks}-absmax", plain.absmax)
    save(f"double-{blocks}-codes", nested.absmax)
    save(f"double-{blocks}-nested_absmax", nested.state2.absmax)
    save(f"double-{blocks}-offset", nested.offset.reshape(1))
    # As functional.dequantize_4bit does with a nested state.
    save(f"double-{blocks}-restored", F.dequantize_blockwise(nested.absmax, nested.state2) + nested.offset)

save("nested_quant_map", nested.state2.code)

# LLM.int8(): rows with a zero row, ties to even, and one great value.
rows = (rng.standard_normal((12, 128)) * rng.choice([0.01, 0.1, 5], (12, 1))).astype(np.float32)
rows[0] = 0
rows[1, :] = np.arange(128) - 63.5
rows[1, 0] = 127
rows[2, 7] = 1000
rows[3] *= 1e-6
for name, dtype in DTYPES.items():
    x = torch.from_numpy(rows).to(dtype)
    save("rows-" + name, x)
    codes, magnitudes, _ = torch.ops.bitsandbytes.int8_vectorwise_quant.default(x)
    save(f"int8-{name}-CB", codes)
    save(f"int8-{name}-SCB", magnitudes)
    save(f"int8-{name}-values", torch.ops.bitsandbytes.int8_vectorwise_dequant.default(codes, magnitudes))
