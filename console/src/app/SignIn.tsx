import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useState, type FormEvent } from "react";

import { told } from "../kit/clients";
import { ended, signIn, usualAccount } from "./session";

export function SignIn() {
  const why = ended.use();
  const [as, setAs] = useState("user");
  const [account, setAccount] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => void usualAccount().then(setAccount, tellProblem), []);

  function tellProblem(error: Error) {
    setProblem(told(error));
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await signIn(as === "root" ? { as, account } : { as: "user", account, name, password });
    } catch (error) {
      tellProblem(error as Error);
      setBusy(false);
    }
  }

  return (
    <main className="sign-in">
      <SpaceBetween size="l">
        {why && <Alert type="warning">{why}</Alert>}
        <form onSubmit={submit}>
          <Form
            header={<Header variant="h1">Sign in to the local AWS</Header>}
            errorText={problem}
            actions={
              <Button variant="primary" loading={busy}>
                Sign in
              </Button>
            }
          >
            <Container>
              <SpaceBetween size="m">
                <RadioGroup
                  ariaLabel="Sign in as"
                  value={as}
                  onChange={({ detail }) => setAs(detail.value)}
                  items={[
                    { value: "user", label: "IAM user" },
                    { value: "root", label: "Root user", description: "No password needed here" },
                  ]}
                />
                <FormField label="Account ID">
                  <Input value={account} onChange={({ detail }) => setAccount(detail.value)} inputMode="numeric" />
                </FormField>
                {as === "user" && (
                  <SpaceBetween size="m">
                    <FormField label="IAM user name">
                      <Input value={name} onChange={({ detail }) => setName(detail.value)} autoComplete="username" />
                    </FormField>
                    <FormField label="Password">
                      <Input
                        type="password"
                        value={password}
                        onChange={({ detail }) => setPassword(detail.value)}
                        autoComplete="current-password"
                      />
                    </FormField>
                  </SpaceBetween>
                )}
              </SpaceBetween>
            </Container>
          </Form>
        </form>
        <Box color="text-body-secondary">
          This is not Amazon Web Services. What you do here stays on this machine, and is gone when the local
          AWS stops.
        </Box>
      </SpaceBetween>
    </main>
  );
}
