import type { StepImplementation } from "../../../core/session/step.ts";
import { armWatchdog } from "./arm-watchdog.ts";
import { checkEndpoint } from "./check-endpoint.ts";
import { checkMilvus } from "./check-milvus.ts";
import { connect } from "./connect.ts";
import { findModel } from "./find-model.ts";
import { fit } from "./fit.ts";
import { inspectHost } from "./inspect-host.ts";
import { installKit } from "./install-kit.ts";
import { installServers } from "./install-servers.ts";
import { keepCourse } from "./keep-course.ts";
import { openTunnels } from "./open-tunnels.ts";
import { rentPod } from "./rent-pod.ts";
import { restoreCourse } from "./restore-course.ts";
import { selfCheck } from "./self-check.ts";
import { startApi, startLlm, startMilvus, startSearch } from "./services.ts";
import type { StepTools } from "./tools.ts";
import { uploadModel } from "./upload-model.ts";

/** What each step of the plan does. Their order follows from the plan alone. */
export function createSteps(tools: StepTools): StepImplementation[] {
  return [
    findModel(tools),
    rentPod(tools),
    connect(tools),
    inspectHost(tools),
    fit(),
    installKit(tools),
    installServers(tools),
    checkEndpoint(tools),
    armWatchdog(tools),
    uploadModel(tools),
    startMilvus(tools),
    checkMilvus(tools),
    startSearch(tools),
    startApi(tools),
    startLlm(tools),
    openTunnels(),
    restoreCourse(tools),
    keepCourse(tools),
    selfCheck(),
  ];
}
