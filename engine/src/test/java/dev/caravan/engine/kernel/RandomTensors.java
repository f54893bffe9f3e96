package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.random.RandomGenerator;

/** Tensors of random packed bytes with sensible scales. */
final class RandomTensors {

    private RandomTensors() {}

    static Tensor matrix(DType dtype, int rows, int columns, RandomGenerator random) {
        MemorySegment data = Arena.ofAuto().allocate(dtype.byteSize((long) rows * columns), 64);
        byte[] bytes = new byte[(int) data.byteSize()];
        random.nextBytes(bytes);
        MemorySegment.copy(bytes, 0, data, ValueLayout.JAVA_BYTE, 0, bytes.length);
        for (long block = 0; block < data.byteSize(); block += dtype.blockBytes()) {
            for (int half : halves(dtype)) {
                short scale = Float.floatToFloat16((float) random.nextGaussian(0, 0.02));
                data.set(ValueLayout.JAVA_SHORT_UNALIGNED, block + half, scale);
            }
            if (dtype == DType.F32 || dtype == DType.NF4 || dtype == DType.FP4 || dtype == DType.INT8) {
                data.set(ValueLayout.JAVA_FLOAT_UNALIGNED, block, (float) random.nextGaussian());
            }
            if (dtype == DType.BF16) {
                int bits = Float.floatToRawIntBits((float) random.nextGaussian());
                data.set(ValueLayout.JAVA_SHORT_UNALIGNED, block, (short) (bits >>> 16));
            }
        }
        return new Tensor("random", dtype, new long[] {rows, columns}, data);
    }

    /** Where in a block the half-precision numbers stand. */
    private static List<Integer> halves(DType dtype) {
        return switch (dtype) {
            case F32, BF16, NF4, FP4, INT8 -> List.of();
            case F16, Q4_0, Q5_0, Q8_0 -> List.of(0);
            case Q5_1, Q4_K, Q5_K -> List.of(0, 2);
            case Q6_K -> List.of(208);
        };
    }

    static float[] gaussian(int size, RandomGenerator random) {
        float[] x = new float[size];
        for (int i = 0; i < size; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }
}
