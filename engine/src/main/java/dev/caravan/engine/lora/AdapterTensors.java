package dev.caravan.engine.lora;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.TensorContent;
import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;

/** The numbers of an adapter's tensors, between files and arrays. */
final class AdapterTensors {

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int CHUNK_VALUES = 1 << 16;

    private AdapterTensors() {}

    /**
     * All values of a matrix.
     *
     * @param file named in errors
     * @throws ModelFormatException if it has another shape, or a value is not finite
     */
    static float[] read(Path file, Tensor tensor, int rows, int columns) {
        if (!Arrays.equals(tensor.shape(), new long[] {rows, columns})) {
            throw new ModelFormatException(
                    file,
                    "the tensor %s is %s, but for this base and its rank it should be [%d, %d]; load the base that the adapter was trained on"
                            .formatted(tensor.name(), Arrays.toString(tensor.shape()), rows, columns));
        }
        float[] values = new float[Math.multiplyExact(rows, columns)];
        BlockFormat.of(tensor.dtype()).dequantize(tensor.data(), 0, values, 0, values.length);
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new ModelFormatException(
                        file,
                        "the tensor %s holds %s at row %d, column %d; the training went wrong, take an earlier checkpoint"
                                .formatted(tensor.name(), values[i], i / columns, i % columns));
            }
        }
        return values;
    }

    /** The bytes of an array as F32, a bounded piece at a time. */
    static TensorContent f32(float[] values) {
        return file -> {
            MemorySegment chunk = MemorySegment.ofArray(new byte[Math.min(CHUNK_VALUES, values.length) * Float.BYTES]);
            for (int start = 0; start < values.length; start += CHUNK_VALUES) {
                int count = Math.min(CHUNK_VALUES, values.length - start);
                MemorySegment.copy(values, start, chunk, F32, 0, count);
                file.put(chunk.asSlice(0, (long) count * Float.BYTES));
            }
        };
    }

    /** Refuses an adapter of another base, where both hashes are known. */
    static void requireBase(Path file, String trainedOn, String base) {
        if (!trainedOn.isEmpty() && !base.isEmpty() && !trainedOn.equalsIgnoreCase(base)) {
            throw new ModelFormatException(
                    file,
                    "the adapter was trained on the base with the SHA-256 %s, this one has %s; load the base that it was trained on"
                            .formatted(shortened(trainedOn), shortened(base)));
        }
    }

    private static String shortened(String hash) {
        return hash.length() > 12 ? hash.substring(0, 12) + "…" : hash;
    }
}
