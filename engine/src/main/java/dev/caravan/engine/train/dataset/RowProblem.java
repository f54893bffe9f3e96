package dev.caravan.engine.train.dataset;

/**
 * A row that is left out.
 *
 * @param line the line of the file in which the row begins, from 1
 * @param problem what is wrong and what to do, in one sentence
 */
public record RowProblem(long line, String problem) {

    @Override
    public String toString() {
        return "line %d: %s".formatted(line, problem);
    }
}
