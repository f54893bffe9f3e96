package dev.caravan.engine.quant;

import java.util.Arrays;

/**
 * The scales of 4-bit blocks (absmax), themselves quantised to 8 bits: what bitsandbytes calls nested or double
 * quantisation, about 0.127 bits a weight instead of 0.5. The names are those of its files.
 *
 * <pre>
 * absmax[b] = nestedQuantMap[codes[b]] * nestedAbsmax[b / blockSize] + offset
 * </pre>
 *
 * Immutable by contract: the arrays are not copied. Source: bitsandbytes 0.50.2, {@code functional.quantize_4bit} and its
 * CPU library's {@code quantize_blockwise}, which normalises a value to [-1, 1], rounds it to one of 65536 steps and
 * takes the nearest entry of the map to that step.
 *
 * @param codes one byte for each absmax: an index of the map, unsigned
 * @param blockSize how many codes share a nested absmax; bitsandbytes writes 256
 * @param nestedAbsmax one for each {@code blockSize} codes begun
 * @param nestedQuantMap 256 values in [-1, 1], ascending
 * @param offset the mean of absmax, which is taken off before
 */
@SuppressWarnings("ArrayRecordComponent") // parts of a tensor on their way between file and blocks, never compared
public record DoubleQuantization(
        byte[] codes, int blockSize, float[] nestedAbsmax, float[] nestedQuantMap, float offset) {

    /** bitsandbytes' {@code nested_blocksize}. */
    private static final int BLOCK_SIZE = 256;

    private static final int MAP_SIZE = 256;
    /** Steps that the CPU library rounds a normalised value to, less one. */
    private static final int LAST_STEP = 65535;

    public DoubleQuantization {
        if (blockSize < 1) {
            throw new IllegalArgumentException("nested_blocksize is %d; it must be positive".formatted(blockSize));
        }
        int blocks = Math.ceilDiv(codes.length, blockSize);
        if (nestedAbsmax.length != blocks || nestedQuantMap.length != MAP_SIZE) {
            throw new IllegalArgumentException(("double quantisation of %d scales in blocks of %d needs %d values of"
                            + " nested_absmax and %d of nested_quant_map, not %d and %d")
                    .formatted(codes.length, blockSize, blocks, MAP_SIZE, nestedAbsmax.length, nestedQuantMap.length));
        }
    }

    /**
     * Quantises scales as bitsandbytes does on a CPU.
     *
     * <p>The offset is the mean, summed in double and rounded once. bitsandbytes' own, torch's mean of floats, differs in
     * the last places with the width of the machine's vectors and the number of its threads; it stands in the file, so
     * what was read back is exact either way.
     *
     * @param absmax one or more finite scales
     */
    public static DoubleQuantization of(float[] absmax) {
        double sum = 0;
        for (float value : absmax) {
            sum += value;
        }
        return of(absmax, (float) (sum / absmax.length));
    }

    /** As {@link #of(float[])}, with another's offset. */
    static DoubleQuantization of(float[] absmax, float offset) {
        float[] map = dynamicMap();
        byte[] nearest = nearestOfEveryStep(map);
        byte[] codes = new byte[absmax.length];
        float[] nestedAbsmax = new float[Math.ceilDiv(absmax.length, BLOCK_SIZE)];
        for (int b = 0; b < nestedAbsmax.length; b++) {
            int first = b * BLOCK_SIZE;
            int end = Math.min(first + BLOCK_SIZE, absmax.length);
            float greatest = 0;
            for (int i = first; i < end; i++) {
                greatest = Math.max(greatest, Math.abs(absmax[i] - offset));
            }
            nestedAbsmax[b] = greatest;
            // A block without any deviation keeps code 0, which is multiplied by zero.
            float inverse = 1 / greatest;
            for (int i = first; greatest != 0 && i < end; i++) {
                codes[i] = nearest[step((absmax[i] - offset) * inverse)];
            }
        }
        return new DoubleQuantization(codes, BLOCK_SIZE, nestedAbsmax, map, offset);
    }

    private static int step(float v) {
        return (int) ((Math.clamp(v, -1f, 1f) + 1) * 0.5f * LAST_STEP + 0.5f);
    }

    private static byte[] nearestOfEveryStep(float[] map) {
        byte[] nearest = new byte[LAST_STEP + 1];
        int index = 0;
        for (int step = 0; step <= LAST_STEP; step++) {
            float v = -1f + (2f * step) / LAST_STEP;
            while (index < MAP_SIZE - 1 && 0.5f * (map[index] + map[index + 1]) < v) {
                index++;
            }
            nearest[step] = (byte) index;
        }
        return nearest;
    }

    /** The scales, equal bit for bit to those that bitsandbytes computes from these parts. */
    public float[] absmax() {
        float[] absmax = new float[codes.length];
        for (int i = 0; i < absmax.length; i++) {
            absmax[i] = nestedQuantMap[codes[i] & 0xFF] * nestedAbsmax[i / blockSize] + offset;
        }
        return absmax;
    }

    /**
     * The dynamic data type of 8 bits that bitsandbytes uses ({@code create_dynamic_map}): 0, 1, and for each of seven
     * decades, the greatest [0.1, 1], the centres of 1, 2, 4 ... 64 equal parts, with both signs.
     *
     * <p>Source: Dettmers, 8-Bit Approximations for Parallelism in Deep Learning (2015).
     */
    static float[] dynamicMap() {
        float[] map = new float[MAP_SIZE];
        int count = 0;
        for (int decade = 0; decade < 7; decade++) {
            int parts = 1 << decade;
            float scale = (float) Math.pow(10, decade - 6);
            for (int i = 0; i < parts; i++) {
                float centre = (bound(i, parts) + bound(i + 1, parts)) / 2;
                map[count++] = scale * centre;
                map[count++] = -scale * centre;
            }
        }
        map[count++] = 0;
        map[count] = 1;
        Arrays.sort(map);
        return map;
    }

    /** The i-th of the bounds of so many equal parts of [0.1, 1], rounded as torch's {@code linspace} rounds it. */
    private static float bound(int i, int parts) {
        float width = (1f - 0.1f) / parts;
        return i <= parts / 2 ? Math.fma(width, i, 0.1f) : Math.fma(-width, parts - i, 1f);
    }
}
