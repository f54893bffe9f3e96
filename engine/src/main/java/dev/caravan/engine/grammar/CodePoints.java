package dev.caravan.engine.grammar;

import java.util.Arrays;
import java.util.stream.IntStream;

/** A set of Unicode code points, without surrogates: they have no UTF-8. Immutable. */
final class CodePoints {
    private static final int LAST = Character.MAX_CODE_POINT;
    private static final int[] SURROGATES = {Character.MIN_SURROGATE, Character.MAX_SURROGATE};

    static final CodePoints NONE = new CodePoints(new int[0]);
    static final CodePoints ALL = NONE.complement();

    /** First and last of each range in turn; ascending, neither overlapping nor adjacent. */
    private final int[] bounds;

    private CodePoints(int[] bounds) {
        this.bounds = bounds;
    }

    /** The code points from the first to the last, both included. */
    static CodePoints range(int first, int last) {
        return first > last ? NONE : new CodePoints(new int[] {first, last}).minus(new CodePoints(SURROGATES));
    }

    /** The characters of a text. */
    static CodePoints of(String characters) {
        int[] bounds = characters
                .codePoints()
                .sorted()
                .distinct()
                .flatMap(character -> IntStream.of(character, character))
                .toArray();
        return new CodePoints(bounds).union(NONE).minus(new CodePoints(SURROGATES));
    }

    CodePoints union(CodePoints other) {
        int[] first = bounds;
        int[] second = other.bounds;
        int[] merged = new int[first.length + second.length];
        int size = 0;
        for (int i = 0, j = 0; i < first.length || j < second.length; ) {
            boolean takesFirst = j == second.length || (i < first.length && first[i] <= second[j]);
            int from = takesFirst ? first[i] : second[j];
            int to = takesFirst ? first[i + 1] : second[j + 1];
            i += takesFirst ? 2 : 0;
            j += takesFirst ? 0 : 2;
            if (size > 0 && from <= merged[size - 1] + 1) {
                merged[size - 1] = Math.max(merged[size - 1], to);
            } else {
                merged[size++] = from;
                merged[size++] = to;
            }
        }
        return new CodePoints(Arrays.copyOf(merged, size));
    }

    /** All others. */
    CodePoints complement() {
        int[] occupied = union(new CodePoints(SURROGATES)).bounds;
        int[] free = new int[occupied.length + 2];
        int size = 0;
        int from = 0;
        for (int i = 0; i < occupied.length; i += 2) {
            if (from < occupied[i]) {
                free[size++] = from;
                free[size++] = occupied[i] - 1;
            }
            from = occupied[i + 1] + 1;
        }
        if (from <= LAST) {
            free[size++] = from;
            free[size++] = LAST;
        }
        return new CodePoints(Arrays.copyOf(free, size));
    }

    CodePoints minus(CodePoints other) {
        int[] occupied = other.bounds;
        int[] kept = new int[bounds.length + occupied.length];
        int size = 0;
        int j = 0;
        for (int i = 0; i < bounds.length; i += 2) {
            int from = bounds[i];
            while (j < occupied.length && occupied[j + 1] < from) {
                j += 2;
            }
            for (int k = j; k < occupied.length && occupied[k] <= bounds[i + 1]; k += 2) {
                if (from < occupied[k]) {
                    kept[size++] = from;
                    kept[size++] = occupied[k] - 1;
                }
                from = occupied[k + 1] + 1;
            }
            if (from <= bounds[i + 1]) {
                kept[size++] = from;
                kept[size++] = bounds[i + 1];
            }
        }
        return new CodePoints(Arrays.copyOf(kept, size));
    }

    boolean isEmpty() {
        return bounds.length == 0;
    }

    boolean contains(int codePoint) {
        for (int i = 0; i < bounds.length; i += 2) {
            if (codePoint >= bounds[i] && codePoint <= bounds[i + 1]) {
                return true;
            }
        }
        return false;
    }

    int rangeCount() {
        return bounds.length / 2;
    }

    int first(int range) {
        return bounds[2 * range];
    }

    int last(int range) {
        return bounds[2 * range + 1];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CodePoints points && Arrays.equals(bounds, points.bounds);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bounds);
    }
}
