package dev.caravan.engine.kernel;

import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
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
        FloatVector even = Lanes.zero();
        FloatVector odd = Lanes.zero();
        for (int v = 0; v < size / 64 * RUNS; v++) {
            long block = offset + v / RUNS * (long) BLOCK;
            int run = v % RUNS * Lanes.COUNT;
            float absmax = Packed.f32(w, block);
            IntVector q = Lanes.unsignedBytes(w, block + 4 + run);
            int xi = xOffset + v / RUNS * 64 + run;
            even = values(codes, absmax, q.lanewise(VectorOperators.LSHR, 4)).fma(Lanes.floats(x, xi), even);
            odd = values(codes, absmax, q.and(15)).fma(Lanes.floats(x, xi + 32), odd);
        }
        return Lanes.sum(even.add(odd));
    }

    private static void unpack(float[] codes, MemorySegment w, long offset, float[] y, int yOffset, int size) {
        for (int v = 0; v < size / 64 * RUNS; v++) {
            long block = offset + v / RUNS * (long) BLOCK;
            int run = v % RUNS * Lanes.COUNT;
            float absmax = Packed.f32(w, block);
            IntVector q = Lanes.unsignedBytes(w, block + 4 + run);
            int yi = yOffset + v / RUNS * 64 + run;
            values(codes, absmax, q.lanewise(VectorOperators.LSHR, 4)).intoArray(y, yi);
            values(codes, absmax, q.and(15)).intoArray(y, yi + 32);
        }
    }

    /** {@code codes[q] * absmax} in each lane. */
    private static FloatVector values(float[] codes, float absmax, IntVector q) {
        FloatVector values = lookUp(codes, 0, absmax, q);
        if (Lanes.COUNT <= 8) {
            values = values.blend(lookUp(codes, 8, absmax, q), bit(q, 8));
        }
        return values;
    }

    /** Of 16 lanes all codes, of 8 the eight from {@code first} on: the lanes of q of their range are right. */
    private static FloatVector lookUp(float[] codes, int first, float absmax, IntVector q) {
        FloatVector values = part(codes, first, absmax, q);
        if (Lanes.COUNT == 4) {
            values = values.blend(part(codes, first + 4, absmax, q), bit(q, 4));
        }
        return values;
    }

    private static FloatVector part(float[] codes, int first, float absmax, IntVector q) {
        FloatVector table = Lanes.floats(codes, first).mul(absmax);
        return q.and(Lanes.COUNT - 1).selectFrom(table.reinterpretAsInts()).reinterpretAsFloats();
    }

    private static VectorMask<Float> bit(IntVector q, int bit) {
        return q.and(bit).compare(VectorOperators.NE, 0).cast(Lanes.FLOATS);
    }
}
