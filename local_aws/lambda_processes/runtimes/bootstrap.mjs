// Runs one invocation of a Node function: `bootstrap.mjs REQUEST_FILE RESULT_FILE`.
// Request and result are those of bootstrap.py.

import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import { createRequire, registerHooks, syncBuiltinESMExports } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const task = process.env.LAMBDA_TASK_ROOT;
const endpoint = new URL(process.env.AWS_ENDPOINT_URL);

// Handlers written for AWS (the CDK's among them) answer a ResponseURL with https.request and
// keep neither its scheme nor its port; the endpoint here is plain http on a port of its own.
const secureRequest = https.request;
https.request = (options, ...rest) => {
  const host = options?.hostname ?? options?.host;
  if (host !== endpoint.hostname || endpoint.protocol !== "http:" || options instanceof URL) {
    return secureRequest(options, ...rest);
  }
  return http.request({ ...options, protocol: "http:", port: endpoint.port }, ...rest);
};
syncBuiltinESMExports();

// Lambda has the AWS SDK for JavaScript v3 beside every function; here it is what npm installed.
const packages = process.env.LOCAL_AWS_NODE_PACKAGES;
const installed = createRequire(path.join(packages, "package.json"));
const ofSdk = /^@(aws-sdk|smithy)\//;

function resolveInstalled(specifier) {
  try {
    return { url: pathToFileURL(installed.resolve(specifier)).href, shortCircuit: true };
  } catch {
    const name = specifier.split("/").slice(0, 2).join("/");
    throw Object.assign(
      new Error(
        `Cannot find package '${name}'. Lambda has the whole AWS SDK for JavaScript v3, the local ` +
          `AWS what is installed. Run: npm install --no-save --prefix ${packages} ${name}`,
      ),
      { name: "Runtime.ImportModuleError", code: "MODULE_NOT_FOUND" },
    );
  }
}

registerHooks({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context);
    } catch (error) {
      if (ofSdk.test(specifier)) return resolveInstalled(specifier);
      throw error;
    }
  },
});

function contextOf(settings, done) {
  const deadline = Date.now() + settings.timeout * 1000;
  return {
    functionName: settings.function_name,
    functionVersion: settings.function_version,
    invokedFunctionArn: settings.invoked_function_arn,
    memoryLimitInMB: settings.memory_limit_in_mb,
    awsRequestId: settings.aws_request_id,
    logGroupName: settings.log_group_name,
    logStreamName: settings.log_stream_name,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done,
    succeed: (result) => done(null, result),
    fail: (error) => done(error),
  };
}

async function load(handler) {
  const dot = handler.lastIndexOf(".");
  const file = path.join(task, handler.slice(0, dot));
  const found = [".js", ".mjs", ".cjs"].map((end) => file + end).find((name) => fs.existsSync(name));
  if (!found) {
    throw Object.assign(new Error(`Cannot find module '${handler.slice(0, dot)}'`), {
      name: "Runtime.ImportModuleError",
    });
  }
  const module = found.endsWith(".mjs")
    ? await import(pathToFileURL(found))
    : createRequire(pathToFileURL(found))(found);
  const run = module[handler.slice(dot + 1)];
  if (typeof run !== "function") {
    throw Object.assign(new Error(`${handler} is undefined or not exported`), {
      name: "Runtime.HandlerNotFound",
    });
  }
  return run;
}

let waitsForEventLoop = true;

function invoke(run, event, settings) {
  return new Promise((resolve, reject) => {
    const done = (error, result) => (error ? reject(error) : resolve(result));
    const returned = run(event, contextOf(settings, done), done);
    if (typeof returned?.then === "function") {
      // Lambda waits for an empty event loop after a callback alone, not after a promise.
      waitsForEventLoop = false;
      returned.then(resolve, reject);
    }
  });
}

function describe(error) {
  const known = error instanceof Error ? error : new Error(String(error));
  return {
    errorType: known.name,
    errorMessage: known.message,
    trace: (known.stack ?? "").split("\n"),
  };
}

async function main() {
  const request = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
  let answer;
  try {
    const run = await load(request.handler);
    answer = { result: (await invoke(run, request.event, request.context)) ?? null };
  } catch (error) {
    console.error(error);
    answer = { error: describe(error) };
  }
  fs.writeFileSync(process.argv[3], JSON.stringify(answer));
  if (!waitsForEventLoop) process.exit();
}

await main();
