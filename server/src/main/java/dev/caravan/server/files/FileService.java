package dev.caravan.server.files;

import dev.caravan.server.api.ApiErrorCode;
import dev.caravan.server.api.ApiException;
import dev.caravan.server.api.IdGenerator;
import dev.caravan.server.api.PageRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.multipart.MultipartFile;

/** Uploaded files: bytes first, then the row; the row is deleted first, then the bytes. */
@Service
public class FileService {

    private static final Logger log = LoggerFactory.getLogger(FileService.class);
    private static final int MAX_FILENAME_LENGTH = 255;

    private final FileRepository repository;
    private final FileStore store;
    private final IdGenerator ids;
    private final Clock clock;
    private final ApplicationEventPublisher events;
    private final TransactionTemplate transaction;

    FileService(
            FileRepository repository,
            FileStore store,
            IdGenerator ids,
            Clock clock,
            ApplicationEventPublisher events,
            TransactionTemplate transaction) {
        this.repository = repository;
        this.store = store;
        this.ids = ids;
        this.clock = clock;
        this.events = events;
        this.transaction = transaction;
    }

    /**
     * A file by its id.
     *
     * @throws ApiException if there is none
     */
    public StoredFile require(String id) {
        return find(id).orElseThrow(() -> ApiException.notFound("file", "file_id", id));
    }

    public Optional<StoredFile> find(String id) {
        return repository.find(id);
    }

    /** Where the bytes of a file are. */
    public Path content(StoredFile file) {
        return store.path(file.id());
    }

    StoredFile upload(MultipartFile upload, String purpose) {
        String filename = filename(upload.getOriginalFilename());
        if (upload.isEmpty()) {
            throw new ApiException(
                    ApiErrorCode.EMPTY_FILE, "file", "The file '%s' is empty (0 bytes).".formatted(filename));
        }
        String id = ids.next(IdGenerator.Kind.FILE);
        FileStore.Written written = write(id, upload);
        StoredFile file = new StoredFile(
                id,
                filename,
                purpose,
                written.bytes(),
                written.sha256(),
                clock.instant().truncatedTo(ChronoUnit.MICROS));
        try {
            repository.insert(file);
        } catch (RuntimeException e) {
            store.delete(id);
            throw e;
        }
        log.info("file=uploaded id={} bytes={}", id, file.bytes());
        return file;
    }

    private FileStore.Written write(String id, MultipartFile upload) {
        try (InputStream content = upload.getInputStream()) {
            return store.write(id, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The name without directories and control characters. macOS sends Korean names decomposed; they are composed here, so
     * that they look and compare like everybody else's.
     */
    private static String filename(@Nullable String submitted) {
        String name = submitted == null ? "" : Normalizer.normalize(submitted, Normalizer.Form.NFC);
        name = name.substring(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
        name = name.replaceAll("[\\p{Cntrl}\\p{Cf}\\p{Cs}]", "").strip();
        if (name.isEmpty() || name.equals(".") || name.equals("..")) {
            throw ApiException.invalid("file", "The upload has no file name; send the part 'file' with a file name.");
        }
        if (name.length() > MAX_FILENAME_LENGTH) {
            throw ApiException.invalid(
                    "file", "The file name is longer than %d characters.".formatted(MAX_FILENAME_LENGTH));
        }
        return name;
    }

    List<StoredFile> list(PageRequest page, @Nullable String purpose) {
        return repository.list(page, purpose);
    }

    /** Deletes a file everywhere; whoever holds something of it lets go first. */
    void delete(String id) {
        StoredFile file = require(id);
        transaction.executeWithoutResult(status -> {
            events.publishEvent(new FileDeleted(file.id()));
            repository.delete(file.id());
        });
        store.delete(file.id());
        log.info("file=deleted id={}", file.id());
    }

    @EventListener(ApplicationStartedEvent.class)
    void sweep() {
        store.sweep(repository.ids());
    }
}
