// Answers CloudFormation from a custom resource's function: the interface that AWS documents
// for inline code (CloudFormation user guide, cfn-response module).

"use strict";

exports.SUCCESS = "SUCCESS";
exports.FAILED = "FAILED";

exports.send = function (event, context, responseStatus, responseData, physicalResourceId, noEcho) {
  const body = JSON.stringify({
    Status: responseStatus,
    Reason: "See the details in CloudWatch Log Stream: " + context.logStreamName,
    PhysicalResourceId: physicalResourceId || context.logStreamName,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    NoEcho: noEcho || false,
    Data: responseData,
  });
  const url = new URL(event.ResponseURL);
  const client = require(url.protocol === "http:" ? "http" : "https");
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "", "content-length": Buffer.byteLength(body) };
    const request = client.request(url, { method: "PUT", headers }, (response) => {
      response.resume();
      resolve(context.done());
    });
    request.on("error", (error) => {
      reject(error);
      context.done(error);
    });
    request.end(body);
  });
};
