package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Vector kernels of Q5_K; its layout stands in {@code quant}. The scales are those of {@link Q4KVectors}. With 8 or 16
 * lanes the codes of the whole row are put together first, a byte each, as in {@link Q6Vectors}.
 */
final class Q5KVectors {
    private static final int BLOCK = DType.Q5_K.blockBytes();
    /** Runs of as many bytes as there are lanes in 32 bytes. */
    private static final int RUNS = 32 / Lanes.COUNT;

    private Q5KVectors() {}

    static float dot(MemorySegment w, long offset, float[] x, int xOffset, int size, float[] scales) {
        return Lanes.COUNT == 4 ? dotFours(w, offset, x, xOffset, size, scales) : dotCodes(x, xOffset, size, scales);
    }

    static void unpack(MemorySegment w, long offset, float[] y, int yOffset, int size, float[] scales) {
        if (Lanes.COUNT == 4) {
            unpackFours(w, offset, y, yOffset, size, scales);
        } else {
            scaleCodes(y, yOffset, size, scales);
        }
    }

    static float unpackScales(MemorySegment w, long offset, int size, float[] scales, float[] sums) {
        return Q4KVectors.unpackScales(w, offset, BLOCK, size, scales, sums);
    }

    /** Stores the codes behind the scales and minima; one group of 64 of all blocks after the other. */
    static void unpackCodes(MemorySegment w, long offset, int size, float[] scales) {
        for (int g = 0; g < 4; g++) {
            int to = size / 16 + 16 * g;
            for (int b = 0; b < size >> 8; b++) {
                long block = offset + b * (long) BLOCK;
                IntVector q = Lanes.bytes32(w, block + 48 + 32L * g).reinterpretAsInts();
                IntVector fifths =
                        Lanes.bytes32(w, block + 16).reinterpretAsInts().lanewise(VectorOperators.LSHR, 2 * g);
                store(q, fifths.lanewise(VectorOperators.LSHL, 4), scales, to + 64 * b);
                store(
                        q.lanewise(VectorOperators.LSHR, 4),
                        fifths.lanewise(VectorOperators.LSHL, 3),
                        scales,
                        to + 64 * b + 8);
            }
        }
    }

    /** Stores 32 codes: the lower 4 bits of each byte, and bit 4 of {@code fifths}'. */
    private static void store(IntVector nibbles, IntVector fifths, float[] scales, int to) {
        nibbles.and(0x0F0F0F0F).or(fifths.and(0x10101010)).reinterpretAsFloats().intoArray(scales, to);
    }

    private static float dotCodes(float[] x, int xOffset, int size, float[] scales) {
        FloatVector sums = Lanes.zero();
        int codes = size / 16;
        for (int j = 0; j < size / 32; j++) {
            ByteVector first = Lanes.storedBytes16(scales, codes + 8 * j);
            ByteVector second = Lanes.storedBytes16(scales, codes + 8 * j + 4);
            int xi = xOffset + 32 * j;
            FloatVector a = Lanes.floats(first, 0).mul(Lanes.floats(x, xi));
            a = Lanes.floats(second, 0).fma(Lanes.floats(x, xi + 16), a);
            if (Lanes.COUNT == 8) {
                a = Lanes.floats(first, 1).fma(Lanes.floats(x, xi + 8), a);
                a = Lanes.floats(second, 1).fma(Lanes.floats(x, xi + 24), a);
            }
            sums = a.fma(Lanes.spread(scales[j]), sums);
        }
        return Lanes.sum(sums);
    }

    private static void scaleCodes(float[] y, int yOffset, int size, float[] scales) {
        int codes = size / 16;
        int minima = size / 32;
        for (int i = 0; i < size; i += 16) {
            ByteVector q = Lanes.storedBytes16(scales, codes + i / 4);
            FloatVector scale = Lanes.spread(scales[i / 32]);
            FloatVector minimum = Lanes.spread(scales[minima + i / 32]);
            Lanes.floats(q, 0).fma(scale, minimum).intoArray(y, yOffset + i);
            if (Lanes.COUNT == 8) {
                Lanes.floats(q, 1).fma(scale, minimum).intoArray(y, yOffset + i + 8);
            }
        }
    }

    private static float dotFours(MemorySegment w, long offset, float[] x, int xOffset, int size, float[] scales) {
        FloatVector low = Lanes.zero();
        FloatVector high = Lanes.zero();
        for (int v = 0; v < size / 64 * RUNS; v++) {
            int g = v / RUNS;
            int run = v % RUNS * Lanes.COUNT;
            long block = offset + (g >> 2) * (long) BLOCK;
            IntVector q = Lanes.unsignedBytes(w, block + 48 + 32L * (g & 3) + run);
            IntVector fifths = Lanes.unsignedBytes(w, block + 16 + run).lanewise(VectorOperators.LSHR, 2 * (g & 3));
            int xi = xOffset + 64 * g + run;
            low = lowFive(q, fifths).mul(Lanes.floats(x, xi)).fma(Lanes.spread(scales[2 * g]), low);
            high = highFive(q, fifths).mul(Lanes.floats(x, xi + 32)).fma(Lanes.spread(scales[2 * g + 1]), high);
        }
        return Lanes.sum(low.add(high));
    }

    private static void unpackFours(MemorySegment w, long offset, float[] y, int yOffset, int size, float[] scales) {
        int minima = size / 32;
        for (int v = 0; v < size / 64 * RUNS; v++) {
            int g = v / RUNS;
            int run = v % RUNS * Lanes.COUNT;
            long block = offset + (g >> 2) * (long) BLOCK;
            IntVector q = Lanes.unsignedBytes(w, block + 48 + 32L * (g & 3) + run);
            IntVector fifths = Lanes.unsignedBytes(w, block + 16 + run).lanewise(VectorOperators.LSHR, 2 * (g & 3));
            int yi = yOffset + 64 * g + run;
            lowFive(q, fifths)
                    .fma(Lanes.spread(scales[2 * g]), Lanes.spread(scales[minima + 2 * g]))
                    .intoArray(y, yi);
            highFive(q, fifths)
                    .fma(Lanes.spread(scales[2 * g + 1]), Lanes.spread(scales[minima + 2 * g + 1]))
                    .intoArray(y, yi + 32);
        }
    }

    /** The low nibbles with bit 0 of {@code fifths} as the fifth bit. */
    private static FloatVector lowFive(IntVector q, IntVector fifths) {
        return Lanes.floats(
                q.and(15).or(fifths.lanewise(VectorOperators.LSHL, 4).and(16)));
    }

    /** The high nibbles with bit 1 of {@code fifths} as the fifth bit. */
    private static FloatVector highFive(IntVector q, IntVector fifths) {
        return Lanes.floats(q.lanewise(VectorOperators.LSHR, 4)
                .or(fifths.lanewise(VectorOperators.LSHL, 3).and(16)));
    }
}
