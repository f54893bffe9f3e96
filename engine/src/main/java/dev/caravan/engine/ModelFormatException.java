package dev.caravan.engine;

import java.nio.file.Path;

/** A model's file is truncated, corrupted, hostile or of a kind that the engine cannot run. */
public final class ModelFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String file;

    /**
     * @param file the file at fault
     * @param problem what is wrong and what to do, in one sentence
     */
    public ModelFormatException(Path file, String problem) {
        super("%s: %s".formatted(file.getFileName(), problem));
        this.file = file.toString();
    }

    /** @param cause the finding of a part that does not know the file */
    public ModelFormatException(Path file, String problem, Throwable cause) {
        this(file, problem);
        initCause(cause);
    }

    public String file() {
        return file;
    }
}
