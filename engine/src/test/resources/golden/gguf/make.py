"""A GGUF file with every value type and every tensor type that Caravan knows, written by gguf-py: python make.py [OUT]

The tensors' bytes are a pattern: byte i of tensor t is (7 * i + 31 * t) & 255. Types and shapes are in Caravan's
GgufWriterTest; what counts is that two writers make the same file.
"""
import os
import sys

import numpy
from gguf import GGMLQuantizationType as T, GGUFValueType as V, GGUFWriter

OUT = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(__file__))
# type, values of a block, bytes of a block
TYPES = [(T.F32, 1, 4), (T.F16, 1, 2), (T.BF16, 1, 2), (T.Q4_0, 32, 18), (T.Q5_0, 32, 22), (T.Q5_1, 32, 24),
         (T.Q8_0, 32, 34), (T.Q4_K, 256, 144), (T.Q5_K, 256, 176), (T.Q6_K, 256, 210)]


def write(name, alignment):
    writer = GGUFWriter(os.path.join(OUT, name), "llama")
    if alignment != 32:
        writer.add_custom_alignment(alignment)
    writer.add_uint8("v.uint8", 255)
    writer.add_int8("v.int8", -128)
    writer.add_uint16("v.uint16", 65535)
    writer.add_int16("v.int16", -32768)
    writer.add_uint32("v.uint32", 4294967295)
    writer.add_int32("v.int32", -2147483648)
    writer.add_float32("v.float32", 0.1)
    writer.add_bool("v.bool", True)
    writer.add_string("v.string", "값 \"1\"")
    writer.add_uint64("v.uint64", 2**63 - 1)
    writer.add_int64("v.int64", -2**63)
    writer.add_float64("v.float64", 0.1)
    writer.add_array("a.strings", ["a", "한", ""])
    writer.add_array("a.integers", [1, -3])
    writer.add_array("a.floats", [0.5, -1.0])
    writer.add_key_value("a.bools", [True, False], V.ARRAY, sub_type=V.BOOL)
    writer.add_key_value("a.uint16", [1, 65535], V.ARRAY, sub_type=V.UINT16)
    for t, (kind, elements, block) in enumerate(TYPES):
        rows, columns = 3, 2 * elements
        raw = numpy.array([(7 * i + 31 * t) & 255 for i in range(rows * 2 * block)], dtype=numpy.uint8)
        writer.add_tensor(f"t.{kind.name}.weight", raw.reshape(rows, 2 * block), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


write("all.gguf", 32)
write("all-aligned-256.gguf", 256)
