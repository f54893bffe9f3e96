package dev.caravan.server.models.catalogue;

/** Hears how a download goes on. */
public interface PullProgress {

    /** Something of note, in a sentence. */
    void note(String message);

    /**
     * More bytes have come.
     *
     * @param doneBytes so far, those of an earlier attempt included
     * @param totalBytes of the file; 0 when unknown
     */
    void advanced(String file, long doneBytes, long totalBytes);
}
