package dev.caravan.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector width and the steps that every vector kernel is made of. The unit is 16 values: one 128-bit load of
 * packed weights, and one, two or four vectors of floats by the machine's width. The width is a constant of the JVM, so
 * the compiler keeps one branch of each method.
 */
final class Lanes {

    /** Narrows the vectors below what the machine has, in bits: 128, 256 or 512. For tests. */
    static final String WIDTH_PROPERTY = "caravan.kernel.vectorBits";

    static final VectorSpecies<Float> FLOATS = floatSpecies();
    static final int COUNT = FLOATS.length();
    static final VectorSpecies<Byte> BYTES_16 = ByteVector.SPECIES_128;

    private Lanes() {}

    private static VectorSpecies<Float> floatSpecies() {
        int machine = Math.min(512, Math.max(128, FloatVector.SPECIES_PREFERRED.vectorBitSize()));
        int wanted = Integer.getInteger(WIDTH_PROPERTY, machine);
        if (wanted != 128 && wanted != 256 && wanted != 512) {
            throw new IllegalArgumentException(WIDTH_PROPERTY + " must be 128, 256 or 512, not " + wanted);
        }
        return VectorSpecies.of(float.class, VectorShape.forBitSize(Math.min(wanted, machine)));
    }

    static ByteVector bytes16(MemorySegment data, long offset) {
        return ByteVector.fromMemorySegment(BYTES_16, data, offset, ByteOrder.LITTLE_ENDIAN);
    }

    static FloatVector floats(float[] x, int offset) {
        return FloatVector.fromArray(FLOATS, x, offset);
    }

    static FloatVector zero() {
        return FloatVector.zero(FLOATS);
    }

    static FloatVector spread(float value) {
        return FloatVector.broadcast(FLOATS, value);
    }

    /** Part {@code part} of 16 signed bytes as floats; a constant part, or it is not compiled to one instruction. */
    static FloatVector floats(ByteVector q, int part) {
        return (FloatVector) q.convertShape(VectorOperators.B2F, FLOATS, part);
    }

    static ByteVector lowNibbles(ByteVector q) {
        return q.and((byte) 15);
    }

    static ByteVector highNibbles(ByteVector q) {
        return shiftedRight(q, 4).and((byte) 15);
    }

    /**
     * Bytes shifted by way of 16-bit lanes, since the machine has no shift of bytes: bits come in from the neighbour, and
     * the caller masks them off.
     */
    static ByteVector shiftedRight(ByteVector q, int bits) {
        return q.reinterpretAsShorts().lanewise(VectorOperators.LSHR, bits).reinterpretAsBytes();
    }

    /** As {@link #shiftedRight}. */
    static ByteVector shiftedLeft(ByteVector q, int bits) {
        return q.reinterpretAsShorts().lanewise(VectorOperators.LSHL, bits).reinterpretAsBytes();
    }

    /** {@code sums + q * x} for 16 signed bytes and {@code x[offset .. offset + 15]}. */
    static FloatVector multiplyAdd16(ByteVector q, float[] x, int offset, FloatVector sums) {
        FloatVector result = floats(q, 0).fma(floats(x, offset), sums);
        if (COUNT <= 8) {
            result = floats(q, 1).fma(floats(x, offset + COUNT), result);
        }
        if (COUNT == 4) {
            result = floats(q, 2).fma(floats(x, offset + 8), result);
            result = floats(q, 3).fma(floats(x, offset + 12), result);
        }
        return result;
    }

    /** {@code sums + q * scale * x} for 16 signed bytes. */
    static FloatVector multiplyAddScaled16(ByteVector q, FloatVector scale, float[] x, int offset, FloatVector sums) {
        FloatVector result = floats(q, 0).mul(scale).fma(floats(x, offset), sums);
        if (COUNT <= 8) {
            result = floats(q, 1).mul(scale).fma(floats(x, offset + COUNT), result);
        }
        if (COUNT == 4) {
            result = floats(q, 2).mul(scale).fma(floats(x, offset + 8), result);
            result = floats(q, 3).mul(scale).fma(floats(x, offset + 12), result);
        }
        return result;
    }

    /** {@code sums + (q * scale + shift) * x} for 16 signed bytes. */
    static FloatVector multiplyAddShifted16(
            ByteVector q, FloatVector scale, FloatVector shift, float[] x, int offset, FloatVector sums) {
        FloatVector result = floats(q, 0).fma(scale, shift).fma(floats(x, offset), sums);
        if (COUNT <= 8) {
            result = floats(q, 1).fma(scale, shift).fma(floats(x, offset + COUNT), result);
        }
        if (COUNT == 4) {
            result = floats(q, 2).fma(scale, shift).fma(floats(x, offset + 8), result);
            result = floats(q, 3).fma(scale, shift).fma(floats(x, offset + 12), result);
        }
        return result;
    }

    /** {@code y[offset .. offset + 15] = q * scale}. */
    static void storeScaled16(ByteVector q, FloatVector scale, float[] y, int offset) {
        floats(q, 0).mul(scale).intoArray(y, offset);
        if (COUNT <= 8) {
            floats(q, 1).mul(scale).intoArray(y, offset + COUNT);
        }
        if (COUNT == 4) {
            floats(q, 2).mul(scale).intoArray(y, offset + 8);
            floats(q, 3).mul(scale).intoArray(y, offset + 12);
        }
    }

    /** {@code y[offset .. offset + 15] = q * scale + shift}. */
    static void storeShifted16(ByteVector q, FloatVector scale, FloatVector shift, float[] y, int offset) {
        floats(q, 0).fma(scale, shift).intoArray(y, offset);
        if (COUNT <= 8) {
            floats(q, 1).fma(scale, shift).intoArray(y, offset + COUNT);
        }
        if (COUNT == 4) {
            floats(q, 2).fma(scale, shift).intoArray(y, offset + 8);
            floats(q, 3).fma(scale, shift).intoArray(y, offset + 12);
        }
    }

    static float sum(FloatVector v) {
        return v.reduceLanes(VectorOperators.ADD);
    }
}
