package dev.caravan.engine.format.safetensors;

import dev.caravan.engine.format.AtomicFile;
import dev.caravan.engine.format.TensorContent;
import dev.caravan.engine.format.json.JsonText;
import dev.caravan.engine.quant.Bitsandbytes4bit;
import dev.caravan.engine.quant.DoubleQuantization;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/**
 * Takes quantised weights apart as bitsandbytes saves them, so that transformers loads what Caravan wrote. The reverse
 * of {@link BitsandbytesWeights}, where the parts are listed.
 *
 * <p>A weight is given by a supplier that is called when it is added, for its scales, and again for each part that is
 * written: a weight need not stay in memory in between.
 */
public final class BitsandbytesParts {

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int BLOCKS_AT_ONCE = 1 << 14;
    private static final int NESTED_BLOCK_SIZE = 256;

    private BitsandbytesParts() {}

    /**
     * Adds a 4-bit weight.
     *
     * @param name of the weight, {@code P.weight}
     * @param weight gives a matrix of NF4 or FP4
     * @param valueType what the weight was before it was quantised: F32, F16 or BF16
     * @param doubleQuantization whether the scales are quantised as well
     * @throws IllegalArgumentException if the matrix or the value type is another one
     */
    public static void addFourBit(
            SafetensorsWriter writer,
            String name,
            Supplier<Tensor> weight,
            DType valueType,
            boolean doubleQuantization) {
        Tensor tensor = weight.get();
        DType code = tensor.dtype();
        if ((code != DType.NF4 && code != DType.FP4) || tensor.shape().length != 2) {
            throw new IllegalArgumentException("the tensor %s is %s of %d dimensions, expected a matrix of NF4 or FP4"
                    .formatted(name, code, tensor.shape().length));
        }
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("quant_type", code.name().toLowerCase(Locale.ROOT));
        state.put("blocksize", code.blockElements());
        state.put("dtype", torchName(valueType));
        state.put("shape", LongStream.of(tensor.shape()).boxed().toList());

        float[] absmax = absmax(tensor.data());
        if (doubleQuantization) {
            DoubleQuantization nested = DoubleQuantization.of(absmax);
            addBytes(writer, name + FourBitParts.ABSMAX, nested.codes());
            addFloats(writer, name + FourBitParts.NESTED_ABSMAX, nested.nestedAbsmax());
            addFloats(writer, name + FourBitParts.NESTED_QUANT_MAP, nested.nestedQuantMap());
            state.put("nested_blocksize", NESTED_BLOCK_SIZE);
            state.put("nested_dtype", "float32");
            state.put("nested_offset", nested.offset());
        } else {
            addFloats(writer, name + FourBitParts.ABSMAX, absmax);
        }
        addFloats(writer, name + FourBitParts.QUANT_MAP, FourBitWeight.codes(code));
        addBytes(
                writer,
                name + FourBitWeight.STATE + code.name().toLowerCase(Locale.ROOT),
                JsonText.spaced(state).getBytes(StandardCharsets.UTF_8));
        writer.add(
                name,
                SafetensorsType.U8,
                new long[] {tensor.elements() / 2, 1},
                file -> putPacked(file, weight.get().data()));
    }

    private static String torchName(DType valueType) {
        return switch (valueType) {
            case F32 -> "float32";
            case F16 -> "float16";
            case BF16 -> "bfloat16";
            default -> throw new IllegalArgumentException("a weight of " + valueType + " has no name in torch");
        };
    }

    private static float[] absmax(MemorySegment blocks) {
        long blockBytes = DType.NF4.blockBytes();
        float[] absmax = new float[Math.toIntExact(blocks.byteSize() / blockBytes)];
        for (int b = 0; b < absmax.length; b++) {
            absmax[b] = blocks.get(F32, b * blockBytes);
        }
        return absmax;
    }

    private static void putPacked(AtomicFile file, MemorySegment blocks) {
        long step = (long) BLOCKS_AT_ONCE * DType.NF4.blockBytes();
        byte[] packed = new byte[BLOCKS_AT_ONCE * DType.NF4.blockElements() / 2];
        for (long from = 0; from < blocks.byteSize(); from += step) {
            MemorySegment some = blocks.asSlice(from, Math.min(step, blocks.byteSize() - from));
            long count = some.byteSize() / DType.NF4.blockBytes();
            MemorySegment target = MemorySegment.ofArray(packed).asSlice(0, count * DType.NF4.blockElements() / 2);
            Bitsandbytes4bit.fromBlocks(some, target);
            file.put(target);
        }
    }

    /**
     * Adds an LLM.int8() weight.
     *
     * @param module the layer's name {@code P}: its tensors are {@code P.weight}, {@code P.SCB}, {@code P.weight_format}
     * @param weight gives a matrix of INT8
     * @throws IllegalArgumentException if the matrix is another one
     */
    public static void addEightBit(SafetensorsWriter writer, String module, Supplier<Tensor> weight) {
        Tensor tensor = weight.get();
        if (tensor.dtype() != DType.INT8 || tensor.shape().length != 2) {
            throw new IllegalArgumentException("the tensor %s.weight is %s of %d dimensions, expected a matrix of INT8"
                    .formatted(module, tensor.dtype(), tensor.shape().length));
        }
        long rowBytes = DType.INT8.byteSize(tensor.columns());
        float[] magnitudes = new float[tensor.rows()];
        for (int row = 0; row < magnitudes.length; row++) {
            magnitudes[row] = magnitude(tensor.data().get(F32, row * rowBytes));
        }
        addFloats(writer, module + ".SCB", magnitudes);
        writer.add(module + ".weight_format", SafetensorsType.U8, new long[0], bytes(new byte[] {0}));
        writer.add(
                module + ".weight",
                SafetensorsType.I8,
                tensor.shape(),
                file -> putCodes(file, weight.get().data()));
    }

    /**
     * The row's greatest magnitude whose 127th part is the scale. Of two such floats the one with the shorter fraction:
     * magnitudes of weights that were F16 or BF16 come back exactly.
     */
    private static float magnitude(float scale) {
        float guess = scale * 127;
        float best = guess;
        int bestZeros = -1;
        for (float candidate : new float[] {guess, Math.nextUp(guess), Math.nextDown(guess)}) {
            int zeros = Integer.numberOfTrailingZeros(Float.floatToRawIntBits(candidate));
            if (candidate / 127 == scale && zeros > bestZeros) {
                best = candidate;
                bestZeros = zeros;
            }
        }
        return best;
    }

    private static void putCodes(AtomicFile file, MemorySegment blocks) {
        long blockBytes = DType.INT8.blockBytes();
        int blockElements = DType.INT8.blockElements();
        byte[] codes = new byte[BLOCKS_AT_ONCE * blockElements];
        int filled = 0;
        for (long from = 0; from < blocks.byteSize(); from += blockBytes) {
            MemorySegment.copy(blocks, ValueLayout.JAVA_BYTE, from + Float.BYTES, codes, filled, blockElements);
            filled += blockElements;
            if (filled == codes.length) {
                file.put(MemorySegment.ofArray(codes));
                filled = 0;
            }
        }
        file.put(MemorySegment.ofArray(codes).asSlice(0, filled));
    }

    private static void addFloats(SafetensorsWriter writer, String name, float[] values) {
        writer.add(name, SafetensorsType.F32, new long[] {values.length}, file -> {
            MemorySegment bytes = MemorySegment.ofArray(new byte[values.length * Float.BYTES]);
            MemorySegment.copy(values, 0, bytes, F32, 0, values.length);
            file.put(bytes);
        });
    }

    private static void addBytes(SafetensorsWriter writer, String name, byte[] values) {
        writer.add(name, SafetensorsType.U8, new long[] {values.length}, bytes(values));
    }

    private static TensorContent bytes(byte[] values) {
        return TensorContent.of(MemorySegment.ofArray(values));
    }
}
