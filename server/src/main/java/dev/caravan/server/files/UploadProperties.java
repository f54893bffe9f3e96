package dev.caravan.server.files;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Bounds of uploads.
 *
 * @param maxSize the largest file
 */
@ConfigurationProperties("caravan.upload")
public record UploadProperties(@DefaultValue("100MB") DataSize maxSize) {

    public UploadProperties {
        if (maxSize.toBytes() < 1) {
            throw new IllegalArgumentException("caravan.upload.max-size must be at least 1 byte");
        }
    }
}
