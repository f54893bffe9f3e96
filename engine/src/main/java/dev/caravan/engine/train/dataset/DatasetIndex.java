package dev.caravan.engine.train.dataset;

import java.util.Arrays;

/** Where each row lies and how long each example is: some 60 bytes for a row, whatever its length. */
final class DatasetIndex {
    private static final int FIRST_CAPACITY = 1024;

    private long[] lines = new long[FIRST_CAPACITY];
    private long[] offsets = new long[FIRST_CAPACITY];
    private int[] lengths = new int[FIRST_CAPACITY];
    private long[] fingerprints = new long[FIRST_CAPACITY];
    private int rows;

    private int[] rowOfExample = new int[FIRST_CAPACITY];
    private int[] part = new int[FIRST_CAPACITY];
    private int[] tokens = new int[FIRST_CAPACITY];
    private int[] learnedTokens = new int[FIRST_CAPACITY];
    private int examples;

    /** A row; the examples that are added next are its own. */
    void addRow(RawRow raw, long fingerprint) {
        if (rows == lines.length) {
            lines = Arrays.copyOf(lines, rows * 2);
            offsets = Arrays.copyOf(offsets, rows * 2);
            lengths = Arrays.copyOf(lengths, rows * 2);
            fingerprints = Arrays.copyOf(fingerprints, rows * 2);
        }
        lines[rows] = raw.line();
        offsets[rows] = raw.offset();
        lengths[rows] = raw.bytes().length;
        fingerprints[rows] = fingerprint;
        rows++;
    }

    /** Adds an example of the last row; its number. */
    int addExample(int partOfRow, TrainingExample example) {
        if (examples == tokens.length) {
            rowOfExample = Arrays.copyOf(rowOfExample, examples * 2);
            part = Arrays.copyOf(part, examples * 2);
            tokens = Arrays.copyOf(tokens, examples * 2);
            learnedTokens = Arrays.copyOf(learnedTokens, examples * 2);
        }
        rowOfExample[examples] = rows - 1;
        part[examples] = partOfRow;
        tokens[examples] = example.tokens().length;
        learnedTokens[examples] = example.learnedTokens();
        return examples++;
    }

    int rows() {
        return rows;
    }

    int examples() {
        return examples;
    }

    long line(int example) {
        return lines[rowOfExample[example]];
    }

    long offset(int example) {
        return offsets[rowOfExample[example]];
    }

    int length(int example) {
        return lengths[rowOfExample[example]];
    }

    /** The first 64 bits of the row's digest. */
    long fingerprint(int example) {
        return fingerprints[rowOfExample[example]];
    }

    /** Which of its row's examples it is, from 0. */
    int part(int example) {
        return part[example];
    }

    int tokens(int example) {
        return tokens[example];
    }

    int learnedTokens(int example) {
        return learnedTokens[example];
    }
}
