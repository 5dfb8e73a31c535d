import { S3Client } from "@aws-sdk/client-s3";

import { clientOf } from "../kit/clients";

// A browser unpacks what comes with Content-Encoding: its checksum would be that of other bytes.
const options = {
  forcePathStyle: true,
  requestChecksumCalculation: "WHEN_REQUIRED",
  responseChecksumValidation: "WHEN_REQUIRED",
};

export const s3 = () => clientOf(S3Client, options);
