import { CloudTrailClient } from "@aws-sdk/client-cloudtrail";

import { clientOf } from "../kit/clients";

export const cloudtrail = () => clientOf(CloudTrailClient);
