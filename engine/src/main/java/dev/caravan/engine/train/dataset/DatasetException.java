package dev.caravan.engine.train.dataset;

import java.nio.file.Path;

/** A file of training data cannot be used at all. What is wrong with single rows is a {@link RowProblem}. */
public final class DatasetException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String file;

    /**
     * @param file the file at fault
     * @param problem what is wrong and what to do, in one sentence
     */
    public DatasetException(Path file, String problem) {
        super("%s: %s".formatted(file.getFileName(), problem));
        this.file = file.toString();
    }

    public String file() {
        return file;
    }
}
