package dev.caravan.server.vectorstores;

import dev.caravan.knowledge.ingest.IngestListener;
import dev.caravan.knowledge.ingest.IngestRequest;
import dev.caravan.knowledge.ingest.IngestStage;
import dev.caravan.knowledge.ingest.IngestedDocument;
import dev.caravan.knowledge.parse.DocumentParseException;
import dev.caravan.server.files.FileService;
import dev.caravan.server.files.StoredFile;
import dev.caravan.server.knowledge.KnowledgeService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Puts one file into one vector store. May be run any number of times: a document is stored once, and the row's state is
 * left once. A document that cannot be read fails at once; anything else is tried again, but not for ever.
 */
@Component
class IngestionJob {

    /** Runs of one job, those that the server did not survive included. */
    static final int MAX_ATTEMPTS = 4;

    private static final Logger log = LoggerFactory.getLogger(IngestionJob.class);
    private static final double LEAST_PROGRESS_STEP = 0.01;

    private final VectorStoreFileRepository repository;
    private final FileService files;
    private final KnowledgeService knowledge;
    private final TransactionTemplate ownTransaction;

    IngestionJob(
            VectorStoreFileRepository repository,
            FileService files,
            KnowledgeService knowledge,
            PlatformTransactionManager transactionManager) {
        this.repository = repository;
        this.files = files;
        this.knowledge = knowledge;
        // Progress must show, and a deletion be seen, while the document's own transaction is open.
        this.ownTransaction = new TransactionTemplate(transactionManager);
        this.ownTransaction.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
    }

    /** The file was taken out of the store while its job ran. */
    private static final class CancelledException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** What a job works on; its text is the name of the job's instance. */
    record Key(String vectorStoreId, String fileId) {

        static Key parse(String instance) {
            int slash = instance.indexOf('/');
            return new Key(instance.substring(0, slash), instance.substring(slash + 1));
        }

        @Override
        public String toString() {
            return vectorStoreId + "/" + fileId;
        }
    }

    /** One run. An exception asks for another one later. */
    void run(Key key) {
        OptionalInt attempt = repository.beginAttempt(key.vectorStoreId(), key.fileId());
        Optional<StoredFile> file = files.find(key.fileId());
        if (attempt.isEmpty() || file.isEmpty()) {
            return; // taken out before its turn
        }
        if (attempt.getAsInt() > MAX_ATTEMPTS) {
            fail(key, "too_many_attempts", "The document was given up: the server did not survive reading it.");
            return;
        }
        Path content = files.content(file.get());
        if (!Files.isRegularFile(content)) {
            fail(key, "file_missing", "The uploaded file is no longer on the disk; upload it again.");
            return;
        }
        attempt(key, file.get(), content, attempt.getAsInt());
    }

    private void attempt(Key key, StoredFile file, Path content, int attempt) {
        try {
            ingest(key, file, content);
        } catch (DocumentParseException e) {
            String message = e.getMessage();
            fail(key, e.code().wireName(), message == null ? "The document cannot be read." : message);
        } catch (CancelledException e) {
            log.info("ingestion=cancelled vector_store={} file={}", key.vectorStoreId(), key.fileId());
        } catch (CompletionException e) {
            log.error("ingestion=without-embedding-model vector_store={}", key.vectorStoreId(), e);
            fail(key, "embedding_model_unavailable", "The embedding model could not be loaded; see the server's log.");
        } catch (RuntimeException e) {
            if (attempt < MAX_ATTEMPTS) {
                throw e;
            }
            log.error("ingestion=given-up vector_store={} file={}", key.vectorStoreId(), key.fileId(), e);
            fail(key, "server_error", "The server could not store the document; its log has the cause. Try again.");
        }
    }

    private void ingest(Key key, StoredFile file, Path content) {
        long start = System.nanoTime();
        IngestRequest request = new IngestRequest(key.vectorStoreId(), key.fileId(), file.filename(), content);
        IngestedDocument document = knowledge.ingest(request, new Progress(key));
        if (!repository.complete(key.vectorStoreId(), key.fileId(), document.documentHash())) {
            knowledge.remove(key.vectorStoreId(), key.fileId()); // taken out in the very last moment
            throw new CancelledException();
        }
        log.info(
                "ingestion=completed vector_store={} file={} segments={} characters={} millis={}",
                key.vectorStoreId(),
                key.fileId(),
                document.segments(),
                document.characters(),
                (System.nanoTime() - start) / 1_000_000);
    }

    private void fail(Key key, String code, String message) {
        log.info("ingestion=failed vector_store={} file={} code={}", key.vectorStoreId(), key.fileId(), code);
        repository.fail(key.vectorStoreId(), key.fileId(), code, message);
    }

    /** Writes the progress down, at most once per percent, and notices a cancellation while doing so. */
    private final class Progress implements IngestListener {

        private final Key key;
        private String writtenStage = "";
        private double writtenProgress = -1;

        Progress(Key key) {
            this.key = key;
        }

        @Override
        public void onProgress(IngestStage stage, int done, int total) {
            double progress = overall(stage, (double) done / Math.max(1, total));
            String name = stage.wireName();
            if (name.equals(writtenStage) && progress - writtenProgress < LEAST_PROGRESS_STEP) {
                return;
            }
            Boolean isWanted = ownTransaction.execute(
                    status -> repository.progress(key.vectorStoreId(), key.fileId(), name, progress));
            if (!Boolean.TRUE.equals(isWanted)) {
                throw new CancelledException();
            }
            writtenStage = name;
            writtenProgress = progress;
        }
    }

    /** Embedding takes nearly all the time, so it has nearly all of the bar. */
    private static double overall(IngestStage stage, double part) {
        return switch (stage) {
            case PARSING -> 0.10 * part;
            case SPLITTING -> 0.10 + 0.02 * part;
            case EMBEDDING -> 0.12 + 0.84 * part;
            case STORING -> 0.96 + 0.04 * part;
        };
    }
}
