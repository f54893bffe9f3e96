package dev.caravan.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vector kernels of F32, F16 and BF16. Rows of any length: what does not fill a vector is done value by value.
 *
 * <p>The Vector API of JDK 25 has no half-precision conversion. A half's exponent and fraction, moved into a float's
 * place and multiplied by 2^112, are the half's value, subnormals included; infinity and not-a-number, whose exponent
 * is all ones, get a float's such exponent.
 */
final class PlainVectors {
    private static final VectorSpecies<Integer> INTS = Lanes.FLOATS.withLanes(int.class);
    /** As many shorts as there are lanes; for 128-bit floats that is the 64-bit shape. */
    private static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(Lanes.FLOATS.vectorBitSize() / 2));

    private static final ValueLayout.OfShort BF16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int NAN_BF16 = 0x7FC0;
    private static final float HALF_REBIAS = 0x1p112f;

    private PlainVectors() {}

    private static FloatVector f32(MemorySegment w, long offset) {
        return FloatVector.fromMemorySegment(Lanes.FLOATS, w, offset, ByteOrder.LITTLE_ENDIAN);
    }

    private static IntVector unsigned16(MemorySegment w, long offset) {
        return (IntVector) ShortVector.fromMemorySegment(SHORTS, w, offset, ByteOrder.LITTLE_ENDIAN)
                .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
    }

    private static FloatVector bf16(MemorySegment w, long offset) {
        return unsigned16(w, offset).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
    }

    private static FloatVector f16(MemorySegment w, long offset) {
        IntVector half = unsigned16(w, offset);
        IntVector magnitude = half.and(0x7FFF);
        IntVector sign = half.and(0x8000).lanewise(VectorOperators.LSHL, 16);
        VectorMask<Integer> special = magnitude.compare(VectorOperators.GE, 0x7C00);
        return magnitude
                .lanewise(VectorOperators.LSHL, 13)
                .reinterpretAsFloats()
                .mul(HALF_REBIAS)
                .reinterpretAsInts()
                .lanewise(VectorOperators.OR, 0x7F800000, special)
                .or(sign)
                .reinterpretAsFloats();
    }

    static float dotF32(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        FloatVector even = Lanes.zero();
        FloatVector odd = Lanes.zero();
        int i = 0;
        for (; i <= size - 2 * Lanes.COUNT; i += 2 * Lanes.COUNT) {
            even = f32(w, offset + 4L * i).fma(Lanes.floats(x, xOffset + i), even);
            odd = f32(w, offset + 4L * (i + Lanes.COUNT)).fma(Lanes.floats(x, xOffset + i + Lanes.COUNT), odd);
        }
        float sum = Lanes.sum(even.add(odd));
        for (; i < size; i++) {
            sum = Math.fma(Float.intBitsToFloat(Packed.i32(w, offset + 4L * i)), x[xOffset + i], sum);
        }
        return sum;
    }

    static void unpackF32(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        for (int i = 0; i < size; i++) {
            y[yOffset + i] = Float.intBitsToFloat(Packed.i32(w, offset + 4L * i));
        }
    }

    static float dotF16(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        FloatVector even = Lanes.zero();
        FloatVector odd = Lanes.zero();
        int i = 0;
        for (; i <= size - 2 * Lanes.COUNT; i += 2 * Lanes.COUNT) {
            even = f16(w, offset + 2L * i).fma(Lanes.floats(x, xOffset + i), even);
            odd = f16(w, offset + 2L * (i + Lanes.COUNT)).fma(Lanes.floats(x, xOffset + i + Lanes.COUNT), odd);
        }
        float sum = Lanes.sum(even.add(odd));
        for (; i < size; i++) {
            sum = Math.fma(Packed.f16(w, offset + 2L * i), x[xOffset + i], sum);
        }
        return sum;
    }

    static void unpackF16(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        int i = 0;
        for (; i <= size - Lanes.COUNT; i += Lanes.COUNT) {
            f16(w, offset + 2L * i).intoArray(y, yOffset + i);
        }
        for (; i < size; i++) {
            y[yOffset + i] = Packed.f16(w, offset + 2L * i);
        }
    }

    static float dotBF16(MemorySegment w, long offset, float[] x, int xOffset, int size) {
        FloatVector even = Lanes.zero();
        FloatVector odd = Lanes.zero();
        int i = 0;
        for (; i <= size - 2 * Lanes.COUNT; i += 2 * Lanes.COUNT) {
            even = bf16(w, offset + 2L * i).fma(Lanes.floats(x, xOffset + i), even);
            odd = bf16(w, offset + 2L * (i + Lanes.COUNT)).fma(Lanes.floats(x, xOffset + i + Lanes.COUNT), odd);
        }
        float sum = Lanes.sum(even.add(odd));
        for (; i < size; i++) {
            sum = Math.fma(Packed.bf16(w, offset + 2L * i), x[xOffset + i], sum);
        }
        return sum;
    }

    static void unpackBF16(MemorySegment w, long offset, float[] y, int yOffset, int size) {
        int i = 0;
        for (; i <= size - Lanes.COUNT; i += Lanes.COUNT) {
            bf16(w, offset + 2L * i).intoArray(y, yOffset + i);
        }
        for (; i < size; i++) {
            y[yOffset + i] = Packed.bf16(w, offset + 2L * i);
        }
    }

    /** Writes floats as brain floats, rounded to the nearest, halves to even; not-a-number stays one. */
    static void storeBF16(float[] x, int xOffset, MemorySegment to, long offset, int size) {
        int bound = Lanes.FLOATS.loopBound(size);
        for (int k = 0; k < bound; k += Lanes.COUNT) {
            FloatVector value = Lanes.floats(x, xOffset + k);
            IntVector bits = value.reinterpretAsInts();
            IntVector odd = bits.lanewise(VectorOperators.LSHR, 16).and(1);
            VectorMask<Integer> nan = value.test(VectorOperators.IS_NAN).cast(INTS);
            IntVector rounded = bits.add(odd).add(0x7FFF).lanewise(VectorOperators.LSHR, 16);
            ((ShortVector) rounded.blend(NAN_BF16, nan).convertShape(VectorOperators.I2S, SHORTS, 0))
                    .intoMemorySegment(to, offset + (long) k * Short.BYTES, ByteOrder.LITTLE_ENDIAN);
        }
        for (int k = bound; k < size; k++) {
            int bits = Float.floatToRawIntBits(x[xOffset + k]);
            int rounded = Float.isNaN(x[xOffset + k]) ? NAN_BF16 : (bits + (bits >>> 16 & 1) + 0x7FFF) >>> 16;
            to.set(BF16, offset + (long) k * Short.BYTES, (short) rounded);
        }
    }
}
