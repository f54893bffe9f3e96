package dev.caravan.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector width and the steps that every vector kernel is made of. The width is a constant of the JVM, so the
 * compiler keeps one branch of each method.
 *
 * <p>The kernels' loops are short on purpose. The compiler inlines until it has made 18000 nodes (JDK 25), and every
 * vector operation makes hundreds; a loop beyond that keeps its vectors on the heap and runs ten times slower.
 */
final class Lanes {

    /** Narrows the vectors below what the machine has, in bits: 128, 256 or 512. For tests. */
    static final String WIDTH_PROPERTY = "caravan.kernel.vectorBits";

    static final VectorSpecies<Float> FLOATS = floatSpecies();
    static final int COUNT = FLOATS.length();
    static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
    /** One byte for each lane; for four lanes, of which there is no vector, unused. */
    static final VectorSpecies<Byte> BYTES = COUNT == 16 ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;

    /** One byte for each lane of two vectors. */
    private static final VectorSpecies<Byte> BYTE_PAIRS =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(2 * 8 * COUNT));

    private static final VectorSpecies<Byte> BYTES_16 = ByteVector.SPECIES_128;
    private static final IntVector BYTE_SHIFTS = IntVector.zero(INTS).addIndex(8);

    private static final VectorShuffle<Float> EIGHT_ON = shuffle(8);
    private static final VectorShuffle<Float> FOUR_ON = shuffle(4);
    private static final VectorShuffle<Float> TWO_ON = shuffle(2);

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

    static ByteVector bytes32(MemorySegment data, long offset) {
        return ByteVector.fromMemorySegment(ByteVector.SPECIES_256, data, offset, ByteOrder.LITTLE_ENDIAN);
    }

    /** Sixteen bytes that were stored as the bits of four floats. */
    static ByteVector storedBytes16(float[] bits, int offset) {
        return FloatVector.fromArray(FloatVector.SPECIES_128, bits, offset).reinterpretAsBytes();
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

    /** As many unsigned bytes as there are lanes, as integers. Reads no byte more. */
    static IntVector unsignedBytes(MemorySegment data, long offset) {
        if (COUNT == 4) {
            // There is no vector of four bytes: one integer, shifted differently in each lane.
            return IntVector.broadcast(INTS, Packed.i32(data, offset))
                    .lanewise(VectorOperators.LSHR, BYTE_SHIFTS)
                    .and(0xFF);
        }
        return (IntVector) ByteVector.fromMemorySegment(BYTES, data, offset, ByteOrder.LITTLE_ENDIAN)
                .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
    }

    /** Twice as many bytes as there are lanes: one access to memory costs less than two. Not for four lanes: slow. */
    static ByteVector bytePairs(MemorySegment data, long offset) {
        return ByteVector.fromMemorySegment(BYTE_PAIRS, data, offset, ByteOrder.LITTLE_ENDIAN);
    }

    /** Half {@code part} of them, unsigned, as integers; a constant part. */
    static IntVector unsigned(ByteVector pairs, int part) {
        return (IntVector) pairs.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, part);
    }

    static FloatVector floats(IntVector q) {
        return (FloatVector) q.convert(VectorOperators.I2F, 0);
    }

    /** Four signed bytes as floats, where there are four lanes. */
    static FloatVector fourSignedBytes(MemorySegment data, long offset) {
        return floats(IntVector.broadcast(INTS, Packed.i32(data, offset))
                .lanewise(VectorOperators.LSHL, BYTE_SHIFTS.neg().add(24))
                .lanewise(VectorOperators.ASHR, 24));
    }

    /** The four bytes of a word as floats, where there are four lanes. */
    static FloatVector fourUnsignedBytes(int word) {
        return floats(IntVector.broadcast(INTS, word)
                .lanewise(VectorOperators.LSHR, BYTE_SHIFTS)
                .and(0xFF));
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

    /**
     * The sum of all lanes, half after half. {@code reduceLanes} leaves the order open: interpreted code takes another
     * one than compiled code, so that a value would depend on when the compiler came by.
     */
    static float sum(FloatVector v) {
        FloatVector sums = v;
        if (COUNT > 8) {
            sums = sums.add(sums.rearrange(EIGHT_ON));
        }
        if (COUNT > 4) {
            sums = sums.add(sums.rearrange(FOUR_ON));
        }
        sums = sums.add(sums.rearrange(TWO_ON));
        return sums.lane(0) + sums.lane(1);
    }

    /** Brings the lane that stands so far behind to each lane; from the beginning again after the last. */
    private static VectorShuffle<Float> shuffle(int distance) {
        return VectorShuffle.fromOp(FLOATS, lane -> (lane + distance) % COUNT);
    }
}
