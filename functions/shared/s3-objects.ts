import { DeleteObjectsCommand, GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Objects } from './objects.ts';

/** S3's limit for one request. */
const MAX_DELETED = 1000;

/** This process's S3. */
export function s3Client(): S3Client {
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = process.env;
  // An endpoint of one's own has no name for each bucket.
  return new S3Client({ forcePathStyle: (AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL) !== undefined });
}

/** The files of one bucket. */
export function openObjects(client: Pick<S3Client, 'send'>, Bucket: string): Objects {
  return {
    async get(Key) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
        const bytes = await Body?.transformToByteArray();
        // An index is laid on its buffer: it begins where the buffer does.
        return bytes && new Uint8Array(bytes).buffer;
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    async put(Key, Body) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body }));
    },
    async remove(keys) {
      for (let start = 0; start < keys.length; start += MAX_DELETED) {
        const Delete = { Objects: keys.slice(start, start + MAX_DELETED).map((Key) => ({ Key })), Quiet: true };
        await client.send(new DeleteObjectsCommand({ Bucket, Delete }));
      }
    },
  };
}
