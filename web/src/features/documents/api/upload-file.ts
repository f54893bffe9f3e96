import { parseError } from "@/api/client";
import { NetworkError } from "@/api/errors";

interface UploadedFile {
  id: string;
}

/**
 * `POST /v1/files`. XMLHttpRequest, because fetch tells nothing of an upload's progress.
 *
 * @param onProgress gets the share that was sent, 0 to 1
 */
export function uploadFile(
  file: File,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<UploadedFile> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/v1/files");
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(new NetworkError(undefined));
    request.onabort = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        resolve(JSON.parse(request.responseText) as UploadedFile);
      } else {
        reject(parseError(request.status, request.responseText));
      }
    };
    signal.addEventListener("abort", () => request.abort());
    const form = new FormData();
    form.append("purpose", "assistants");
    form.append("file", file, file.name);
    request.send(form);
  });
}
