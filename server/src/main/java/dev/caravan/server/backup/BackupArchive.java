package dev.caravan.server.backup;

import dev.caravan.server.backup.BackupManifest.Entry;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * A backup as a file: a zip archive of the database's dump, the uploaded files and the list of both with their hashes.
 *
 * <pre>
 * database.dump          PostgreSQL's custom format
 * files/...              as they lie in the folder of uploads
 * caravan-backup.json    names, sizes and SHA-256 of the others, see {@link BackupManifest}
 * </pre>
 */
final class BackupArchive {

    static final String DATABASE = "database.dump";
    static final String FILES = "files/";

    private static final int MANIFEST_BYTES_MAX = 256 * 1024 * 1024;

    private BackupArchive() {}

    /**
     * Writes an archive; it appears whole or not at all, readable by its owner only.
     *
     * @param files the folder of uploads; need not exist
     */
    static BackupManifest write(Path archive, Path databaseDump, Path files, Instant now) throws IOException {
        Path unfinished = archive.resolveSibling(archive.getFileName() + ".new");
        try {
            List<Entry> entries = new ArrayList<>();
            try (ZipOutputStream zip = new ZipOutputStream(privateFile(unfinished))) {
                entries.add(add(zip, DATABASE, databaseDump));
                for (Path file : regularFiles(files)) {
                    addIfStillThere(zip, files, file, entries);
                }
                BackupManifest manifest = new BackupManifest(now, entries);
                zip.putNextEntry(new ZipEntry(BackupManifest.NAME));
                zip.write(manifest.toJson());
                zip.closeEntry();
            }
            try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(unfinished, archive, StandardCopyOption.ATOMIC_MOVE);
            return new BackupManifest(now, entries);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    private static OutputStream privateFile(Path file) throws IOException {
        Files.deleteIfExists(file);
        if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        return new java.io.BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
    }

    private static List<Path> regularFiles(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static void addIfStillThere(ZipOutputStream zip, Path files, Path file, List<Entry> entries)
            throws IOException {
        try {
            entries.add(add(zip, FILES + files.relativize(file).toString().replace('\\', '/'), file));
        } catch (NoSuchFileException e) {
            // Deleted by the running server since the folder was listed: then it is not part of the backup.
            return;
        }
    }

    private static Entry add(ZipOutputStream zip, String name, Path file) throws IOException {
        MessageDigest digest = sha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            zip.putNextEntry(new ZipEntry(name));
            long bytes = in.transferTo(zip);
            zip.closeEntry();
            return new Entry(name, bytes, HexFormat.of().formatHex(digest.digest()));
        }
    }

    /**
     * Unpacks an archive into an empty folder and checks every byte of it.
     *
     * @throws BackupException when it is no backup, was cut short, or any byte has changed
     */
    static BackupManifest unpack(Path archive, Path folder) throws IOException {
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            BackupManifest manifest = BackupManifest.parse(readManifest(zip, archive));
            Set<String> names = new HashSet<>();
            for (Entry entry : manifest.entries()) {
                if (!names.add(entry.name())) {
                    throw damaged(archive, "it names " + entry.name() + " twice");
                }
                unpack(zip, entry, folder, archive);
            }
            if (!names.contains(DATABASE)) {
                throw damaged(archive, "it holds no database");
            }
            return manifest;
        } catch (ZipException e) {
            throw new BackupException(archive + " is no backup of Caravan's, or was cut short: use another one.", e);
        }
    }

    private static byte[] readManifest(ZipFile zip, Path archive) throws IOException {
        ZipEntry entry = zip.getEntry(BackupManifest.NAME);
        if (entry == null) {
            throw new BackupException(archive + " is no backup of Caravan's: name another file.");
        }
        try (InputStream in = zip.getInputStream(entry)) {
            byte[] json = in.readNBytes(MANIFEST_BYTES_MAX + 1);
            if (json.length > MANIFEST_BYTES_MAX) {
                throw damaged(archive, "its list of contents is too long");
            }
            return json;
        }
    }

    private static void unpack(ZipFile zip, Entry entry, Path folder, Path archive) throws IOException {
        Path target = folder.resolve(entry.name()).normalize();
        boolean known = entry.name().equals(DATABASE) || entry.name().startsWith(FILES);
        if (!known || !target.startsWith(folder) || target.equals(folder)) {
            throw damaged(archive, "it names " + entry.name());
        }
        ZipEntry packed = zip.getEntry(entry.name());
        if (packed == null) {
            throw damaged(archive, entry.name() + " is missing");
        }
        Files.createDirectories(target.getParent());
        MessageDigest digest = sha256();
        long bytes = 0;
        try (InputStream in = new DigestInputStream(zip.getInputStream(packed), digest);
                OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW)) {
            byte[] buffer = new byte[1 << 16];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                bytes += read;
                if (bytes > entry.bytes()) {
                    throw damaged(archive, entry.name() + " is longer than it should be");
                }
                out.write(buffer, 0, read);
            }
        }
        if (bytes != entry.bytes() || !HexFormat.of().formatHex(digest.digest()).equals(entry.sha256())) {
            throw damaged(archive, entry.name() + " has other bytes than were backed up");
        }
    }

    private static BackupException damaged(Path archive, String reason) {
        return new BackupException(
                archive + " is damaged (" + reason + "), so nothing was restored: use another backup.");
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
