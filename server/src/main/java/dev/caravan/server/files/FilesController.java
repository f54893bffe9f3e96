package dev.caravan.server.files;

import dev.caravan.server.api.ApiErrorCode;
import dev.caravan.server.api.ApiException;
import dev.caravan.server.api.Deleted;
import dev.caravan.server.api.ListPage;
import dev.caravan.server.api.PageRequest;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.Resource;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RequestPart;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;

/** OpenAI's files. */
@RestController
@RequestMapping("/v1/files")
class FilesController {

    private static final Set<String> PURPOSES =
            Set.of("assistants", "batch", "evals", "fine-tune", "user_data", "vision");
    private static final int MAX_PAGE = 10_000;

    private final FileService files;

    FilesController(FileService files) {
        this.files = files;
    }

    /** OpenAI's file object. */
    record FileObject(
            String id, String object, long bytes, long createdAt, String filename, String purpose, String status) {

        static FileObject of(StoredFile file) {
            return new FileObject(
                    file.id(),
                    "file",
                    file.bytes(),
                    file.createdAt().getEpochSecond(),
                    file.filename(),
                    file.purpose(),
                    "processed");
        }
    }

    @PostMapping(consumes = MediaType.MULTIPART_FORM_DATA_VALUE)
    FileObject upload(
            @RequestPart("file") MultipartFile file,
            @RequestParam("purpose") String purpose,
            @RequestParam Map<String, String> fields) {
        if (!PURPOSES.contains(purpose)) {
            throw ApiException.invalid(
                    "purpose", "'purpose' must be one of assistants, batch, evals, fine-tune, user_data, vision.");
        }
        if (fields.keySet().stream().anyMatch(name -> name.startsWith("expires_after"))) {
            throw new ApiException(
                    ApiErrorCode.UNSUPPORTED_PARAMETER,
                    "expires_after",
                    "Files are kept until they are deleted; leave 'expires_after' out.");
        }
        return FileObject.of(files.upload(file, purpose));
    }

    @GetMapping
    ListPage<FileObject> list(@RequestParam Map<String, String> query) {
        PageRequest page = PageRequest.of(query, MAX_PAGE, MAX_PAGE);
        return ListPage.of(
                files.list(page, query.get("purpose")).stream()
                        .map(FileObject::of)
                        .toList(),
                page.limit(),
                FileObject::id);
    }

    @GetMapping("/{id}")
    FileObject get(@PathVariable String id) {
        return FileObject.of(files.require(id));
    }

    /** The bytes, as a download that no browser opens: an uploaded page or script must not run under this address. */
    @GetMapping("/{id}/content")
    ResponseEntity<Resource> content(@PathVariable String id) {
        StoredFile file = files.require(id);
        return ResponseEntity.ok()
                .contentType(MediaType.APPLICATION_OCTET_STREAM)
                .header(
                        HttpHeaders.CONTENT_DISPOSITION,
                        ContentDisposition.attachment()
                                .filename(file.filename(), StandardCharsets.UTF_8)
                                .build()
                                .toString())
                .body(new FileSystemResource(files.content(file)));
    }

    @DeleteMapping("/{id}")
    Deleted delete(@PathVariable String id) {
        files.delete(id);
        return Deleted.of(id, "file");
    }
}
