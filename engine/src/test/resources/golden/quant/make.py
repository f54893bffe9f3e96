"""Writes the golden values of every block format: DTYPE.bin (packed bytes) and DTYPE.f32 (values, little-endian).

Run with gguf (gguf-py) and numpy:  python make.py
"""
import numpy as np
from gguf import GGMLQuantizationType as T
from gguf.quants import dequantize

BLOCKS = {  # dtype: (elements, bytes, byte offsets of the half-precision numbers in a block)
    T.Q4_0: (32, 18, [0]),
    T.Q5_0: (32, 22, [0]),
    T.Q5_1: (32, 24, [0, 2]),
    T.Q8_0: (32, 34, [0]),
    T.Q4_K: (256, 144, [0, 2]),
    T.Q5_K: (256, 176, [0, 2]),
    T.Q6_K: (256, 210, [208]),
}
# Zero, least subnormal, greatest subnormal, least normal, greatest finite, and their negatives.
SPECIAL_HALVES = [0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x0400, 0x7BFF, 0xFBFF]
VALUES = 4096

rng = np.random.default_rng(20261123)


def save(dtype, packed):
    values = np.asarray(dequantize(packed, dtype), dtype=np.float32).reshape(-1)
    packed.tofile(dtype.name + ".bin")
    values.astype("<f4").tofile(dtype.name + ".f32")


for dtype, (elements, size, halves) in BLOCKS.items():
    blocks = VALUES // elements
    packed = rng.integers(0, 256, (blocks, size), dtype=np.uint8)
    for offset in halves:
        scale = rng.normal(0, 0.02, blocks).astype("<f2").view(np.uint16)
        special = len(SPECIAL_HALVES)
        scale[:special] = np.roll(SPECIAL_HALVES, offset)[:special]
        packed[:, offset : offset + 2] = scale.astype("<u2").view(np.uint8).reshape(blocks, 2)
    packed[special, :] = np.where(np.isin(np.arange(size), [h + b for h in halves for b in (0, 1)]), packed[special, :], 0)
    packed[special + 1, :] = np.where(
        np.isin(np.arange(size), [h + b for h in halves for b in (0, 1)]), packed[special + 1, :], 255
    )
    save(dtype, packed.reshape(1, -1))

for dtype in (T.F16, T.BF16):
    bits = rng.integers(0, 1 << 16, (1, 512), dtype=np.uint16)
    bits[0, :8] = SPECIAL_HALVES
    exponent = 0x7C00 if dtype == T.F16 else 0x7F80
    bits[(bits & exponent) == exponent] = 0  # not-a-number has no one bit pattern; infinity is in the unit test
    save(dtype, bits.astype("<u2").view(np.uint8))
