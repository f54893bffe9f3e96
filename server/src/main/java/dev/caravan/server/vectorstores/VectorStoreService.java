package dev.caravan.server.vectorstores;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import dev.caravan.server.api.ApiErrorCode;
import dev.caravan.server.api.ApiException;
import dev.caravan.server.api.IdGenerator;
import dev.caravan.server.api.PageRequest;
import dev.caravan.server.files.FileDeleted;
import dev.caravan.server.files.FileService;
import dev.caravan.server.knowledge.KnowledgeService;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Vector stores and what is in them. A row and its job change in one transaction. Segments have transactions of their own:
 * they are gone before the row is, so that a crash in between leaves a row to delete again and nothing to find.
 */
@Service
public class VectorStoreService {

    private static final String DEFAULT_NAME = "documents";

    private final VectorStoreRepository stores;
    private final VectorStoreFileRepository storeFiles;
    private final FileService files;
    private final KnowledgeService knowledge;
    private final OneTimeTask<Void> ingestDocument;
    private final ObjectProvider<Scheduler> scheduler;
    private final TransactionTemplate transaction;
    private final IdGenerator ids;
    private final Clock clock;

    VectorStoreService(
            VectorStoreRepository stores,
            VectorStoreFileRepository storeFiles,
            FileService files,
            KnowledgeService knowledge,
            OneTimeTask<Void> ingestDocument,
            ObjectProvider<Scheduler> scheduler,
            TransactionTemplate transaction,
            IdGenerator ids,
            Clock clock) {
        this.stores = stores;
        this.storeFiles = storeFiles;
        this.files = files;
        this.knowledge = knowledge;
        this.ingestDocument = ingestDocument;
        this.scheduler = scheduler;
        this.transaction = transaction;
        this.ids = ids;
        this.clock = clock;
    }

    /** A file to be attached. */
    record Attachment(String fileId, Map<String, Object> attributes) {}

    @EventListener(ApplicationStartedEvent.class)
    void createDefaultStore() {
        defaultId();
    }

    /** The store that the page works on; made if there is none. */
    public String defaultId() {
        Optional<String> found = stores.defaultId();
        if (found.isPresent()) {
            return found.get();
        }
        stores.insert(
                new VectorStoreRepository.NewStore(
                        ids.next(IdGenerator.Kind.VECTOR_STORE), DEFAULT_NAME, "", Map.of(), true),
                clock.instant());
        return stores.defaultId().orElseThrow();
    }

    /**
     * Checks that all the stores exist.
     *
     * @param param the request's field that names them
     */
    public void requireAll(List<String> vectorStoreIds, String param) {
        Instant now = clock.instant();
        for (String id : vectorStoreIds) {
            if (stores.find(id).isEmpty()) {
                throw ApiException.notFound("vector store", param, id);
            }
            stores.touch(id, now);
        }
    }

    VectorStore create(String name, String description, Map<String, String> metadata, List<Attachment> attachments) {
        attachments.forEach(attachment -> files.require(attachment.fileId()));
        String id = ids.next(IdGenerator.Kind.VECTOR_STORE);
        transaction.executeWithoutResult(status -> {
            stores.insert(new VectorStoreRepository.NewStore(id, name, description, metadata, false), clock.instant());
            attachments.forEach(attachment -> insertWithJob(id, attachment));
        });
        startJobs();
        return require(id);
    }

    VectorStore require(String id) {
        return stores.find(id).orElseThrow(() -> ApiException.notFound("vector store", "vector_store_id", id));
    }

    List<VectorStore> list(PageRequest page) {
        return stores.ids(page).stream()
                .map(stores::find)
                .flatMap(Optional::stream)
                .toList();
    }

    VectorStore update(
            String id, @Nullable String name, @Nullable String description, @Nullable Map<String, String> metadata) {
        stores.update(id, name, description, metadata);
        return require(id);
    }

    void delete(String id) {
        require(id);
        transaction.executeWithoutResult(status -> {
            knowledge.removeVectorStore(id);
            stores.delete(id);
        });
    }

    /** Attaches a file; one that is attached already stays as it is. */
    VectorStoreFile attach(String vectorStoreId, Attachment attachment) {
        require(vectorStoreId);
        files.require(attachment.fileId());
        transaction.executeWithoutResult(status -> insertWithJob(vectorStoreId, attachment));
        startJobs();
        return requireFile(vectorStoreId, attachment.fileId());
    }

    private void insertWithJob(String vectorStoreId, Attachment attachment) {
        if (storeFiles.insert(vectorStoreId, attachment.fileId(), attachment.attributes(), clock.instant())) {
            schedule(new IngestionJob.Key(vectorStoreId, attachment.fileId()));
        }
    }

    private void schedule(IngestionJob.Key key) {
        scheduler.getObject().scheduleIfNotExists(ingestDocument.instance(key.toString()), clock.instant());
    }

    /** Called after a commit, when the jobs are visible. */
    private void startJobs() {
        scheduler.getObject().triggerCheckForDueExecutions();
    }

    VectorStoreFile requireFile(String vectorStoreId, String fileId) {
        return storeFiles
                .find(vectorStoreId, fileId)
                .orElseThrow(() -> ApiException.notFound("file in this vector store", "file_id", fileId));
    }

    List<VectorStoreFile> listFiles(String vectorStoreId, PageRequest page, @Nullable String status) {
        require(vectorStoreId);
        return storeFiles.list(vectorStoreId, page, status);
    }

    /** Takes a file out; its job, if it runs, notices and stores nothing. */
    void detach(String vectorStoreId, String fileId) {
        requireFile(vectorStoreId, fileId);
        transaction.executeWithoutResult(status -> {
            storeFiles.delete(vectorStoreId, fileId);
            knowledge.remove(vectorStoreId, fileId);
        });
    }

    /** Runs the job of a failed file again. */
    VectorStoreFile retry(String vectorStoreId, String fileId) {
        VectorStoreFile file = requireFile(vectorStoreId, fileId);
        Boolean isRestarted = transaction.execute(status -> {
            boolean restarted = storeFiles.restart(vectorStoreId, fileId);
            if (restarted) {
                schedule(new IngestionJob.Key(vectorStoreId, fileId));
            }
            return restarted;
        });
        if (!Boolean.TRUE.equals(isRestarted)) {
            throw new ApiException(
                    ApiErrorCode.CONFLICT,
                    "file_id",
                    "Only a failed or cancelled file can be retried; this one is %s.".formatted(file.status()));
        }
        startJobs();
        return requireFile(vectorStoreId, fileId);
    }

    /** A file is being deleted: its segments go before its rows do. */
    @EventListener
    void on(FileDeleted deleted) {
        knowledge.removeFile(deleted.fileId());
    }
}
