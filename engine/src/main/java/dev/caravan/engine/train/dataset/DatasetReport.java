package dev.caravan.engine.train.dataset;

import java.util.List;

/**
 * What a file of training data holds.
 *
 * @param rows all rows that are not blank
 * @param usableRows those that are trained on or held out
 * @param duplicateRows those that repeat an earlier one; only the first is used
 * @param invalidRows those that are left out
 * @param examples the sequences that the usable rows make
 * @param tokens all of their tokens
 * @param learnedTokens those that are learned
 * @param problems the first invalid rows, in the order of the file
 * @param longest the longest usable rows, the longest first
 */
public record DatasetReport(
        DatasetFormat format,
        int rows,
        int usableRows,
        int duplicateRows,
        int invalidRows,
        int examples,
        long tokens,
        long learnedTokens,
        List<RowProblem> problems,
        List<LongRow> longest) {

    /**
     * A row and the tokens of all its examples.
     *
     * @param line where it begins, from 1
     */
    public record LongRow(long line, long tokens) {}

    public DatasetReport {
        problems = List.copyOf(problems);
        longest = List.copyOf(longest);
    }
}
