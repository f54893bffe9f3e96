package dev.caravan.engine.train.dataset;

import java.nio.file.Path;
import java.util.List;

/** A file of training data cannot be used at all. What is wrong with single rows is a {@link RowProblem}. */
public final class DatasetException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String file;
    private final transient List<RowProblem> problems;

    /**
     * @param file the file at fault
     * @param problem what is wrong and what to do, in one sentence
     */
    public DatasetException(Path file, String problem) {
        this(file, problem, List.of());
    }

    /** @param problems of its rows, where none can be used */
    public DatasetException(Path file, String problem, List<RowProblem> problems) {
        super("%s: %s".formatted(file.getFileName(), problem));
        this.file = file.toString();
        this.problems = List.copyOf(problems);
    }

    public String file() {
        return file;
    }

    /** The first problems of the rows, where none of them can be used. */
    public List<RowProblem> problems() {
        return problems;
    }
}
