package dev.caravan.engine;

/** Work was refused before it started because it needs more memory than there is. */
public final class OutOfMemoryBudgetException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long neededBytes;
    private final long availableBytes;

    public OutOfMemoryBudgetException(String work, long neededBytes, long availableBytes) {
        super("%s needs %d MB of memory and %d MB are free; close other programs or choose a smaller model"
                .formatted(work, neededBytes / 1_000_000, availableBytes / 1_000_000));
        this.neededBytes = neededBytes;
        this.availableBytes = availableBytes;
    }

    public long neededBytes() {
        return neededBytes;
    }

    public long availableBytes() {
        return availableBytes;
    }
}
