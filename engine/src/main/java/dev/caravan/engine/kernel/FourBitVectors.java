package dev.caravan.engine.kernel;

import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Vector kernels of NF4 and FP4; their layout stands in {@code quant}. Values come and go with those of even index
 * first, see {@link VectorRows#evensFirst}: a run of as many bytes as there are lanes holds in its high nibbles one
 * vector of even and in its low nibbles one of odd values.
 *
 * <p>The 16 codes are a table in registers, one of 16 lanes, two of 8 or four of 4. It is multiplied by absmax and then
 * looked up, so that every value is rounded as the scalar truth rounds it.
 */
final class FourBitVectors {
    private static final int BLOCK = DType.NF4.blockBytes();
    /** Runs of a block. */
    private static final int RUNS = 32 / Lanes.COUNT;

    private static final float[] NF4 = codes(DType.NF4);
    private static final float[] FP4 = codes(DType.FP4);

    private FourBitVectors() {}

    /** The 16 codes: a block with absmax 1 and the nibbles 0 … 15. */
    private static float[] codes(DType dtype) {
        byte[] block = new byte[BLOCK];
        MemorySegment data = MemorySegment.ofArray(block);
        data.set(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0, 1f);
        for (int k = 0; k < 8; k++) {
            block[4 + k] = (byte) (((2 * k) << 4) | (2 * k + 1));
        }
        float[] values = new float[64];
        BlockFormat.of(dtype).dequantize(data, 0, values, 0, 64);
        return values;
    }

    static float dotNF4(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        return dot(NF4, w, offset, x, xOffset, size);
    }

    static float dotFP4(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        return dot(FP4, w, offset, x, xOffset, size);
    }

    static void unpackNF4(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        unpack(NF4, w, offset, y, yOffset, size);
    }

    static void unpackFP4(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        unpack(FP4, w, offset, y, yOffset, size);
    }

    private static float dot(float[] codes, MemorySegment w, long offset, float[] x, int xOffset, int size) {
        return Lanes.COUNT == 16
                ? dotPairs(codes, w, offset, x, xOffset, size)
                : dotSingly(codes, w, offset, x, xOffset, size);
    }

    private static void unpack(float[] codes, MemorySegment w, long offset, float[] y, int yOffset, int size) {
        if (Lanes.COUNT == 16) {
            unpackPairs(codes, w, offset, y, yOffset, size);
        } else {
            unpackSingly(codes, w, offset, y, yOffset, size);
        }
    }

    private static float dotPairs(float[] codes, MemorySegment w, long offset, float[] x, int xOffset, int size) {
        FloatVector even = Lanes.zero();
        FloatVector odd = Lanes.zero();
        for (int v = 0; v < size / 64 * RUNS; v++) {
            long block = offset + v / RUNS * (long) BLOCK;
            int run = v % RUNS * Lanes.COUNT;
            IntVector table = table(codes, 0, Packed.f32(w, block));
            IntVector q = Lanes.unsignedBytes(w, block + 4 + run);
            int xi = xOffset + v / RUNS * 64 + run;
            even = lookUp(table, high(q)).fma(Lanes.floats(x, xi), even);
            odd = lookUp(table, q.and(15)).fma(Lanes.floats(x, xi + 32), odd);
        }
        return Lanes.sum(even.add(odd));
    }

    private static void unpackPairs(float[] codes, MemorySegment w, long offset, float[] y, int yOffset, int size) {
        for (int v = 0; v < size / 64 * RUNS; v++) {
            long block = offset + v / RUNS * (long) BLOCK;
            int run = v % RUNS * Lanes.COUNT;
            IntVector table = table(codes, 0, Packed.f32(w, block));
            IntVector q = Lanes.unsignedBytes(w, block + 4 + run);
            int yi = yOffset + v / RUNS * 64 + run;
            lookUp(table, high(q)).intoArray(y, yi);
            lookUp(table, q.and(15)).intoArray(y, yi + 32);
        }
    }

    private static float dotSingly(float[] codes, MemorySegment w, long offset, float[] x, int xOffset, int size) {
        FloatVector sum = Lanes.zero();
        for (int v = 0; v < size / Lanes.COUNT; v++) {
            sum = single(codes, w, offset, v).fma(Lanes.floats(x, xOffset + v * Lanes.COUNT), sum);
        }
        return Lanes.sum(sum);
    }

    private static void unpackSingly(float[] codes, MemorySegment w, long offset, float[] y, int yOffset, int size) {
        for (int v = 0; v < size / Lanes.COUNT; v++) {
            single(codes, w, offset, v).intoArray(y, yOffset + v * Lanes.COUNT);
        }
    }

    /** The v-th vector of values. */
    private static FloatVector single(float[] codes, MemorySegment w, long offset, int v) {
        long block = offset + v / (2 * RUNS) * (long) BLOCK;
        IntVector q = Lanes.unsignedBytes(w, block + 4 + v % RUNS * (long) Lanes.COUNT)
                .lanewise(VectorOperators.LSHR, v / RUNS % 2 == 0 ? 4 : 0)
                .and(15);
        float absmax = Packed.f32(w, block);
        FloatVector values = lookUp(table(codes, 0, absmax), q);
        for (int first = Lanes.COUNT; first < 16; first += Lanes.COUNT) {
            FloatVector others = lookUp(table(codes, first, absmax), q);
            values = values.blend(others, q.compare(VectorOperators.GE, first).cast(Lanes.FLOATS));
        }
        return values;
    }

    private static IntVector high(IntVector q) {
        return q.lanewise(VectorOperators.LSHR, 4);
    }

    /** As many codes as there are lanes, times absmax. */
    private static IntVector table(float[] codes, int first, float absmax) {
        return Lanes.floats(codes, first).mul(absmax).reinterpretAsInts();
    }

    /** The table's entry for each index, which counts modulo the lanes. */
    private static FloatVector lookUp(IntVector table, IntVector indexes) {
        return indexes.and(Lanes.COUNT - 1).selectFrom(table).reinterpretAsFloats();
    }
}
