import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";

import { clientOf } from "../kit/clients";

export const logs = () => clientOf(CloudWatchLogsClient);
