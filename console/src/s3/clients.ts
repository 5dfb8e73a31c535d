import { S3Client } from "@aws-sdk/client-s3";

import { clientOf } from "../kit/clients";

// A browser unpacks responses with Content-Encoding, so their checksum would not match.
const options = {
  forcePathStyle: true,
  requestChecksumCalculation: "WHEN_REQUIRED",
  responseChecksumValidation: "WHEN_REQUIRED",
};

export const s3 = () => clientOf(S3Client, options);
