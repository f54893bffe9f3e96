package dev.caravan.server.security;

import dev.caravan.server.api.ApiErrorCode;
import dev.caravan.server.api.ApiException;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.IOException;

/** A request whose body ends with an error once it is longer than a bound, for bodies that do not say their length. */
final class BoundedRequest extends HttpServletRequestWrapper {

    private final long maxBytes;

    BoundedRequest(HttpServletRequest request, long maxBytes) {
        super(request);
        this.maxBytes = maxBytes;
    }

    @Override
    public ServletInputStream getInputStream() throws IOException {
        return new BoundedStream(super.getInputStream(), maxBytes);
    }

    private static final class BoundedStream extends ServletInputStream {

        private final ServletInputStream source;
        private long remainingBytes;

        BoundedStream(ServletInputStream source, long maxBytes) {
            this.source = source;
            this.remainingBytes = maxBytes;
        }

        @Override
        public int read() throws IOException {
            int value = source.read();
            if (value >= 0) {
                count(1);
            }
            return value;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int bytes = source.read(target, offset, length);
            if (bytes > 0) {
                count(bytes);
            }
            return bytes;
        }

        private void count(int bytes) {
            remainingBytes -= bytes;
            if (remainingBytes < 0) {
                throw new ApiException(
                        ApiErrorCode.REQUEST_TOO_LARGE, null, "The body is too large; send less text at once.");
            }
        }

        @Override
        public boolean isFinished() {
            return source.isFinished();
        }

        @Override
        public boolean isReady() {
            return source.isReady();
        }

        @Override
        public void setReadListener(ReadListener listener) {
            source.setReadListener(listener);
        }
    }
}
